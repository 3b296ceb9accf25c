"""What an int8 file needs on a device, as the device's own tools tell it."""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from edgezoo.common.errors import EdgezooError
from edgezoo.export.targets.tflm.interpreter import Interpreter
from edgezoo.inspection.graph import read_graph


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
        EdgezooError: Vela fails, or leaves operators to the CPU, whose cycles it does not count. Its exit status is 0
            then, so what is left in its output is counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        vela = Path(sys.executable).with_name("vela")
        command = [vela, path, "--accelerator-config", accelerator, "--output-dir", folder]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        compiled, summary = (list(Path(folder).glob(f"*{end}")) for end in ("_vela.tflite", ".csv"))
        if done.returncode or not compiled or not summary:
            raise EdgezooError(f"Vela does not compile {path}: {' '.join(done.stderr.split())[-200:]}")
        left = sorted({operator.op for operator in read_graph(compiled[0]).operators} - {"ethos-u"})
        if left:
            raise EdgezooError(f"Vela leaves {', '.join(left)} of {path} to the CPU")
        (row,) = csv.DictReader(summary[0].read_text(encoding="utf-8").splitlines())
        return int(float(row["cycles_total"]))
