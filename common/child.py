"""Work in a process of its own: for what can abort a process, leaks memory, or is measured in a fresh one.

The child is ``python -m MODULE``, which calls ``serve``; unlike :mod:`multiprocessing` that works the same from a
script without a main guard, a notebook and the command line. Requests go over its stdin and answers over its stdout: a
line of JSON, and behind it the bytes of at most one array. Nothing is pickled. The child ends when its stdin does,
whatever it is at, and so never outlives its parent.
"""

import contextlib
import json
import os
import queue
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import traceback

import numpy as np
import psutil

from .errors import EdgezooError

#: Seconds that a file of others may take for one step, an inference or what comes before the first: loops in it need
#: not end. Looked up when it is used, so that it can be set.
PATIENCE = 60
#: Seconds that a child gives its parent beyond that before it ends itself.
_SPARE = 5

# I0000 00:00:1763932… file.cc:12] …, INFO: …, 2026-01-01 12:00:00.123: I tensorflow/…; Python's warnings; and what
# TensorFlow calls an error where it finds no GPU, or its plugins twice: E0000 … cuda_platform.cc:51] failed call to ….
_CHATTER = re.compile(
    r"[IW]\d{4} |INFO:|WARNING|\d{4}-\d\d-\d\d [\d:.]+: [IW] |.*Warning|fully_quantize|\s|\*\*\*|$"
    r"|(E\d{4} |\d{4}-\d\d-\d\d [\d:.]+: E ).*\bcuda_\w+\.cc:"
)


class ChildDied(Exception):
    """A child that ended before it answered.

    Args:
        status: exit status as ``subprocess`` gives it, negative for a signal.
        log: what the child wrote to stderr.
        patience: seconds after which it was ended, having given no answer; ``None`` if it ended by itself.

    Attributes:
        how: how it ended, in words: ``"was ended by SIGABRT"``.
        last_words: the last line of the log that is no chatter of a library; ``""`` if there is none.
    """

    def __init__(self, status, log, patience=None):
        if patience is not None:
            self.how = f"gave no answer within {patience:g} seconds"
        elif status < 0:
            self.how = f"was ended by {signal.Signals(-status).name}"
            if -status == signal.SIGKILL:
                self.how += ", as the system does when memory runs out"
        else:
            self.how = f"ended with status {status}"
        lines = [line.strip() for line in log.splitlines() if not _CHATTER.match(line)]
        self.last_words = lines[-1][:300] if lines else ""
        super().__init__(f"{self.how}: {self.last_words}" if lines else self.how)


class Child:
    """The parent's handle of a child process, to be used in a ``with``; its memory and its GPU are its own: none.

    Args:
        module: full name of the module that is run.
        *arguments: its command line.
    """

    def __init__(self, module, *arguments):
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        self.process = subprocess.Popen(
            # -P: a module that happens to lie in the current folder is not imported.
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            # Nothing here is work for a GPU, and a second process must not reserve its memory beside a training.
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"},
            # Ctrl-C in a terminal goes to the parent alone, which ends its child in good order.
            start_new_session=True,
        )

    def ask(self, message, array=None, patience=None):
        """Sends a request and waits for the answer.

        Args:
            message: JSON-able dict.
            array: ``numpy.ndarray`` that goes with it.
            patience: seconds after which the child is ended if there is none; ``None`` waits for as long as it takes.

        Returns:
            ``(answer, array)``: a dict, and a read-only ``numpy.ndarray`` or ``None``.

        Raises:
            EdgezooError: the one that the child raised, with its ``details``.
            ChildDied: there is no answer.
        """
        expired = threading.Event()
        alarm = threading.Timer(patience or 0, lambda: (expired.set(), self.process.kill()))
        alarm.daemon = True
        if patience is not None:
            alarm.start()
        try:
            _send(self.process.stdin, {**message, "patience": patience}, array)
            answer, result = _receive(self.process.stdout)
        except (EOFError, BrokenPipeError) as error:
            status = self.process.wait()
            self._log.seek(0)
            log = self._log.read().decode("utf-8", "replace")
            raise ChildDied(status, log, patience if expired.is_set() else None) from error
        finally:
            alarm.cancel()
        if "error" in answer:
            raise EdgezooError(answer["error"], answer["details"])
        return answer, result

    def close(self):
        """Ends the child; safe to call again."""
        self.process.kill()
        # Leaving the process' own context closes its pipes; what was still to be sent has no reader any more.
        with contextlib.suppress(BrokenPipeError), self.process:
            pass
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def serve(handle):
    """The child's side: answers requests until the parent is gone.

    Args:
        handle: function from ``(message, array)`` to the answer, a JSON-able dict, or ``(dict, array)``. An
            ``EdgezooError`` that it raises is raised in the parent; any other error ends the child.
    """
    # What a file claims and the machine does not have is refused to it, before others are pressed for memory.
    now, most = resource.getrlimit(resource.RLIMIT_DATA)
    if now == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_DATA, (psutil.virtual_memory().total, most))
    # Native libraries print to descriptor 1 as they please; answers get a descriptor that they do not know.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        request, array = requests.get()
        # A library's endless loop may never let go of Python's lock. Then only this alarm, which nothing handles, ends
        # a child whose parent is gone; a parent that waits ends it earlier.
        patience = request.pop("patience")
        signal.setitimer(signal.ITIMER_REAL, 0 if patience is None else patience + _SPARE)
        try:
            answer = handle(request, array)
        except EdgezooError as error:
            answer = {"error": str(error), "details": error.details}
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)  # an orderly end would wait for the thread that reads
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, *(answer if isinstance(answer, tuple) else (answer,)))


def _read(stream, requests):
    """Hands on requests; a thread of its own, so that the end of the parent is seen during the work, too."""
    with contextlib.suppress(EOFError):
        while True:
            requests.put(_receive(stream))
    os._exit(1)


def _send(stream, message, array=None):
    if array is not None:
        array = np.ascontiguousarray(array)
        message = {**message, "dtype": array.dtype.str, "shape": array.shape}
    stream.write(json.dumps(message).encode() + b"\n")
    if array is not None:
        stream.write(array.data)
    stream.flush()


def _receive(stream):
    """(message, array or ``None``); raises ``EOFError`` where the other side is gone."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    message = json.loads(line)
    if "dtype" not in message:
        return message, None
    dtype, shape = np.dtype(message["dtype"]), message["shape"]
    size = dtype.itemsize * int(np.prod(shape))
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return message, np.frombuffer(content, dtype).reshape(shape)
