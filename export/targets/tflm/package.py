"""Sources to build a ``.tflite`` file with TensorFlow Lite Micro: for CMake, and as an Arduino sketch."""

from ....common.errors import EdgezooError
from ....common.files import existing_file
from ....inspection.graph import read_graph
from ....runtime.tflm import RUNTIME
from ....runtime.tflm.interpreter import Interpreter
from .sources import require_one_of_each, write_sources


def package(path, out_dir):
    """Writes the file as a C array, with a program around it that has its operators and its arena.

    Args:
        path: ``.tflite`` file of one input and one output.
        out_dir: folder; made if need be.

    Returns:
        ``{"files": [paths], "figures": {"arena": bytes, "operators": […], "array": {core: bytes}}}``; ``array`` has
        the size in flash for each core that ``arm-none-eabi-g++`` compiles it for, and is empty without one.

    Raises:
        EdgezooError: the file is damaged, TFLM does not run it or is not installed, or the folder cannot be written.
    """
    graph = require_one_of_each(read_graph(path), path)
    with Interpreter(existing_file(path).read_bytes()) as interpreter:
        try:
            interpreter.try_once([graph.tensors[graph.inputs[0]].dtype])
            arena = interpreter.smallest_arena()
        except EdgezooError as error:
            raise EdgezooError(f"TFLM does not run {path}: {error}") from error
    about = f"the smallest that works ({RUNTIME.version}, reference kernels, 64-bit machine)"
    return write_sources(path, graph, out_dir, arena, about, arduino=True)
