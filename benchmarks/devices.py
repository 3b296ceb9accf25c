"""What files need on a device, as the device's own tools tell it, and how long they take here."""

from pathlib import Path

from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import benchmark_files
from edgezoo.export import TARGETS
from edgezoo.export.targets.checking import ACCELERATOR
from edgezoo.runtime.tflm.interpreter import Interpreter


def tflm_arena_bytes(path):
    """RAM that TensorFlow Lite Micro's allocator takes for a file: activations and its own bookkeeping.

    Raises:
        EdgezooError: TFLM does not run the file; the message is its own.
    """
    try:
        with Interpreter(Path(path).read_bytes()) as interpreter:
            return interpreter.allocate()
    except EdgezooError as error:
        raise EdgezooError(f"TFLM does not run {path}: {error}") from error


def ethos_u_cycles(path, accelerator="ethos-u55-128"):
    """Cycles of one inference on an Arm Ethos-U, as its compiler Vela estimates them for its default system.

    Raises:
        EdgezooError: Vela is not installed, fails, or leaves operators to the CPU, whose cycles it does not count.
    """
    check = TARGETS[accelerator].check(path)
    if check.refused:
        raise EdgezooError(f"Vela does not compile {path}: {check.refused}")
    left = sorted({each.op for each in check.operators if each.where != ACCELERATOR})
    if left:
        raise EdgezooError(f"Vela leaves {', '.join(left)} of {path} to the CPU")
    if not check.figures:
        raise EdgezooError(f"no cycles of {path}: {check.notes[-1]}")
    return check.figures["cycles"]


def median_latencies(files):
    """Milliseconds of an inference at batch 1 in one thread, by file, all timed in one run."""
    return {each["file"]: each["latency_ms"]["p50"] for each in benchmark_files(files)["results"]}
