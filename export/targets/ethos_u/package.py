"""Sources to build a file that Vela compiled into firmware: TFLM's, with the operator that starts the NPU."""

from ....common.errors import EdgezooError
from ....inspection.graph import read_graph
from ..tflm.sources import require_one_of_each, write_sources
from .vela import NPU

#: Bytes for TFLM's own structures, on top of the NPU's tensors.
_OWN = 16 * 1024
#: Places of the inputs of the NPU's operator that are memory to work in: the arena, and what is cached of it.
_SCRATCH = (2, 3)


def package(path, out_dir, *, configuration):
    """Writes a compiled file as a C array, with a program around it that has its operators and an arena.

    Args:
        path: ``.tflite`` file as Vela wrote it, of one input and one output.
        out_dir: folder; made if need be.
        configuration: such as ``"ethos-u55-128"``.

    Returns:
        As ``tflm.package``. The arena is the NPU's scratch tensors and 16 KiB.

    Raises:
        EdgezooError: the file is damaged or not compiled, or the folder cannot be written.
    """
    graph = require_one_of_each(read_graph(path), path)
    scratch = {each.inputs[place] for each in graph.operators if each.op == NPU for place in _SCRATCH}
    if not scratch:
        raise EdgezooError(f"{path} has nothing for an NPU; compile it first.")
    size = sum(graph.tensors[index].shape[0] for index in scratch)
    about = f"the NPU's tensors ({size} bytes by Vela) and {_OWN} for TFLM's own structures; not tried on a device"
    return write_sources(path, graph, out_dir, size + _OWN, about, npu=configuration)
