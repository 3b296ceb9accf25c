"""Programs of others, compilers mostly: run in a group of their own, for a time, with what they print in bounds."""

import contextlib
import os
import resource
import signal
import subprocess
import tempfile

from .errors import EdgezooError

#: What is read of what a program prints, and what it may write to one file: one that repeats itself fills no disk.
_READ_BYTES, _FILE_BYTES = 2**24, 2**30


def run_program(command, folder, seconds):
    """Runs a program to its end, and ends what it has started and left.

    Args:
        command: list of its path and arguments.
        folder: to run it in.
        seconds: that it may take.

    Returns:
        ``(status, text)``: as ``subprocess`` gives it, negative for a signal; what it printed on both streams.

    Raises:
        EdgezooError: it cannot be started.
        subprocess.TimeoutExpired: it took longer, and was ended.
    """
    with tempfile.TemporaryFile() as file:  # a pipe would be held open by children that it leaves
        try:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
            )
        except OSError as error:
            raise EdgezooError(f"{command[0]} cannot be started: {error.strerror}.") from error
        try:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
            status = process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        file.seek(0)
        return status, file.read(_READ_BYTES).decode("utf-8", "replace")
