"""``edgetpu_compiler``, where the user has it: run in a folder of its own, and never believed without a look."""

import dataclasses
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from ....common.errors import EdgezooError
from ....common.files import copy, existing_file
from ....common.program import run_program
from ....common.text import printable
from .log import Log, parse_log

PROGRAM = "edgetpu_compiler"
#: Seconds after which it is stopped, with all its children; it gives up itself after three minutes.
TIMEOUT_S = 300
_LOG_BYTES = 2**22
#: What to do where it says this.
_REMEDIES = {
    "large activation tensors": "use a smaller input or fewer channels, or call the compiler with -d",
    "not quantized": "export it with --quantize int8",
    "Didn't find op": "convert it with TensorFlow 2.5: the compiler is of 2021",
    "dynamic-sized": "export it with batch 1 and --input-size",
    "unresolved custom op": "leave the custom operator out of the network",
}


class Refusal(EdgezooError):
    """The compiler works, and takes nothing of the file.

    Args:
        log: ``Log`` with the failure.

    Attributes:
        by: program and version.
        remedy: what to do, or ``None``.
    """

    def __init__(self, log):
        self.by = f"{PROGRAM} {log.version}" if log.version else PROGRAM
        self.why = log.failure
        self.remedy = next((remedy for words, remedy in _REMEDIES.items() if words in log.failure), None)
        super().__init__(f"{self.by}: {log.failure}")


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What the compiler made.

    Attributes:
        file: the compiled file, in the folder that was given.
        log_file: its log there, or ``None``.
        log: ``Log``.
    """

    file: Path
    log_file: Path | None
    log: Log

    @property
    def by(self):
        """Program and version."""
        return f"{PROGRAM} {self.log.version}"


def program():
    """Path of the compiler, or ``None``."""
    return shutil.which(PROGRAM)


def run_compiler(path, folder, options=()):
    """Compiles one file.

    Args:
        path: ``.tflite`` file.
        folder: existing folder to write to.
        options: further arguments of the compiler.

    Returns:
        ``Compiled``.

    Raises:
        Refusal: it says why it cannot compile the file.
        EdgezooError: it is not there, does not end, dies, prints what it never prints, or leaves no file.
    """
    path, folder = existing_file(path), Path(folder)
    found = program()
    if not found:
        raise EdgezooError(f"{PROGRAM} is not on the PATH; it is there for x86-64 Linux, from Coral.")
    with tempfile.TemporaryDirectory() as work:
        source = Path(work, "model.tflite")  # a name that is no option and has no special characters
        copy(path, source)
        made, log_file = Path(work, "model_edgetpu.tflite"), Path(work, "model_edgetpu.log")
        try:
            status, text = run_program([found, "-s", "-o", work, *options, str(source)], work, TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise EdgezooError(
                f"{PROGRAM} did not end within {TIMEOUT_S:g} s and was stopped; try a smaller network."
            ) from None
        written = _read(log_file)
        log = parse_log(f"{text}\n{written}")
        _judge(found, status, text, log, made)
        target = folder / f"{path.stem}_edgetpu.tflite"
        copy(made, target)
        if written:
            copy(log_file, target.with_suffix(".log"))
        return Compiled(target, target.with_suffix(".log") if written else None, log)


def _read(log_file):
    if not log_file.is_file():
        return ""
    with log_file.open("rb") as file:
        return file.read(_LOG_BYTES).decode("utf-8", "replace")


def _judge(found, status, text, log, made):
    if log.failure:
        raise Refusal(log)
    if status < 0:
        raise EdgezooError(f"{PROGRAM} was ended by {signal.Signals(-status).name}; it compiled nothing.")
    last = printable((text.strip().splitlines() or ["nothing"])[-1][:200])
    if status:
        raise EdgezooError(f"{PROGRAM} ended with status {status}; its last words: {last}")
    if log.version is None:
        raise EdgezooError(f"{found} does not answer as Coral's {PROGRAM} does, but: {last}")
    if not made.is_file() or not made.stat().st_size:
        raise EdgezooError(f"{PROGRAM} {log.version} ended without an error, and without a compiled file.")
