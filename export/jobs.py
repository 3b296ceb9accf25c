"""The converter's process, seen from outside: started, watched and ended.

``TFLiteConverter`` can abort the process it runs in, and leaks memory with each call.
"""

import collections
import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

# I0000 00:00:1763932… file.cc:12] …, INFO: …, 2026-01-01 12:00:00.123: I tensorflow/…; Python's warnings; and what
# TensorFlow calls an error where it finds no GPU, or its plugins twice: E0000 … cuda_platform.cc:51] failed call to ….
_CHATTER = re.compile(
    r"[IW]\d{4} |INFO:|WARNING|\d{4}-\d\d-\d\d [\d:.]+: [IW] |.*Warning|fully_quantize|\s|\*\*\*|$"
    r"|(E\d{4} |\d{4}-\d\d-\d\d [\d:.]+: E ).*\bcuda_\w+\.cc:"
)


@dataclasses.dataclass(frozen=True)
class Job:
    """One file to convert; the fields are the arguments of ``convert.convert``, paths as ``str``."""

    saved_model: str
    scheme: str
    io: str
    calibration: str | None
    output: str


def convert_all(jobs):
    """Converts one file after another in one process; if it dies, the next job gets a new one.

    Args:
        jobs: ``Job`` of each file.

    Yields:
        ``(job, error)`` as each one ends, in order; ``error`` is ``None`` or the text that tells why there is no file.
    """
    waiting = collections.deque(jobs)
    while waiting:
        with tempfile.TemporaryFile() as log:
            with _converter(waiting, log) as process:
                for line in process.stdout:
                    yield waiting.popleft(), json.loads(line)["error"]
                status = process.wait()
            if waiting:
                log.seek(0)
                yield waiting.popleft(), death(status, log.read().decode("utf-8", "replace"))


@contextlib.contextmanager
def _converter(jobs, log):
    process = subprocess.Popen(
        # -P: a module that happens to lie in the current folder is not imported.
        [sys.executable, "-P", "-m", f"{__package__}.convert"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        # Conversion is no work for a GPU, and must not reserve its memory beside a training.
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1"},
        # Ctrl-C in a terminal goes to the parent alone, which ends its child in good order.
        start_new_session=True,
    )
    try:
        with contextlib.suppress(BrokenPipeError):  # it died at once; its exit status tells why
            process.stdin.write(json.dumps([dataclasses.asdict(job) for job in jobs]) + "\n")
            process.stdin.flush()
        yield process
    finally:
        process.kill()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        process.wait()


def death(status, log):
    """What a dead converter left: how it ended, and its last words.

    Args:
        status: exit status as ``subprocess`` gives it, negative for a signal.
        log: what it wrote to stderr.
    """
    if status < 0:
        ended = f"the converter was ended by {signal.Signals(-status).name}"
        if -status == signal.SIGKILL:
            ended += ", as the system does when memory runs out"
    else:
        ended = f"the converter ended with status {status}"
    words = [line.strip() for line in log.splitlines() if not _CHATTER.match(line)]
    return f"{ended}: {words[-1][:300]}" if words else ended
