"""A child process that owns one model file.

A ``.tflite`` file can abort the process that runs it, and memory can only be told apart in a fresh process. The child
is started as ``python -m edgezoo.runtime.worker``, not by :mod:`multiprocessing`, so that it works the same from a
script without a main guard, a notebook and the command line. Messages go over its stdin and stdout: a line of JSON, and
behind it the bytes of at most one array. Nothing is pickled.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError


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
    content = stream.read(dtype.itemsize * int(np.prod(shape)))
    if len(content) < dtype.itemsize * int(np.prod(shape)):
        raise EOFError
    return message, np.frombuffer(content, dtype).reshape(shape)


class Worker:
    """The parent's handle of a child that has loaded one file.

    Args:
        path, threads, image_size, keep_tensors: as for :func:`~edgezoo.runtime.runners.load_runner`.

    Attributes:
        input_shape: (H, W, C) that it takes.
        runtime: name and version of what runs it.
        init_ms: time from the file to a loaded model, milliseconds.

    Raises:
        EdgezooError: from here and from every method, if the file cannot be run or ends the child.
    """

    def __init__(self, path, threads=1, image_size=None, keep_tensors=False):
        self._path = path
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        self._process = subprocess.Popen(
            # -P: a module that happens to lie in the current folder is not imported.
            [sys.executable, "-P", "-m", __spec__.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            # Times are those of the CPU, and a second process must not reserve the memory of the GPU.
            env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        try:
            file = {"path": os.fspath(path), "threads": threads, "image_size": image_size, "keep_tensors": keep_tensors}
            facts, _ = self._ask(file)
        except BaseException:
            self.close()
            raise
        self.input_shape = tuple(facts["input_shape"])
        self.runtime, self.init_ms = facts["runtime"], facts["init_ms"]

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → float32 [n, classes]."""
        return self._ask({"do": "predict"}, images)[1]

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`time` runs on."""
        self._ask({"do": "set_input"}, image)

    def time(self, runs, seconds, warm_up=0):
        """Runs until ``runs`` inferences *and* ``seconds`` are reached, after ``warm_up`` untimed ones.

        Returns:
            int64 array of the single times in nanoseconds.
        """
        return self._ask({"do": "time", "runs": runs, "seconds": seconds, "warm_up": warm_up})[1]

    def tensor(self, index):
        """A tensor's values, as stored, after the last image of :meth:`predict`; needs ``keep_tensors``."""
        return self._ask({"do": "tensor", "index": index})[1]

    def inspect(self):
        """``peak_rss_bytes`` of the whole child so far (``None`` where the system tells none), and ``delegated``."""
        return self._ask({"do": "inspect"})[0]

    def _ask(self, message, array=None):
        try:
            _send(self._process.stdin, message, array)
            answer, result = _receive(self._process.stdout)
        except (EOFError, BrokenPipeError) as error:
            raise EdgezooError(f"{self._path} {self._end()}") from error
        if "error" in answer:
            raise EdgezooError(answer["error"])
        return answer, result

    def _end(self):
        """How the child ended, in words, with the last line that it left."""
        code = self._process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        self._stderr.seek(0)
        last = self._stderr.read().decode(errors="replace").strip().rpartition("\n")[2].strip()
        return f"cannot be run: the process that ran it {how}" + (f" ({last[:300]})" if last else "") + "."

    def close(self):
        """Ends the child; safe to call again."""
        self._process.kill()
        # Leaving the process' own context closes its pipes; what was still to be sent has no reader any more.
        with contextlib.suppress(BrokenPipeError), self._process:
            pass
        self._stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def _peak_rss_bytes():
    # Not getrusage: after fork and exec its ru_maxrss starts at what the *parent* had used.
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def _timed(runner, runs, seconds, warm_up):
    clock = time.perf_counter_ns
    for _ in range(warm_up):
        runner.invoke()
    times, start = [], clock()
    while len(times) < runs or clock() - start < seconds * 1e9:
        before = clock()
        runner.invoke()
        times.append(clock() - before)
    return np.array(times, np.int64)


def _serve(requests, answers):
    """The child's side: loads the file that the first message names, then answers until the parent is gone."""
    from .runners import load_runner

    request, _ = _receive(requests)
    # Importing the runtime is not part of loading a file.
    if request["path"].endswith(".tflite"):
        import ai_edge_litert.interpreter  # noqa: F401
    else:
        from ..common.quiet import import_tensorflow

        import_tensorflow()
        import keras  # noqa: F401
    start = time.perf_counter_ns()
    runner = load_runner(Path(request["path"]), request["threads"], request["image_size"], request["keep_tensors"])
    init_ms = (time.perf_counter_ns() - start) / 1e6
    _send(answers, {"input_shape": runner.input_shape, "runtime": runner.runtime, "init_ms": init_ms})
    while True:
        request, array = _receive(requests)
        match request["do"]:
            case "predict":
                _send(answers, {}, runner.predict(array))
            case "set_input":
                runner.set_input(array)
                _send(answers, {})
            case "time":
                _send(answers, {}, _timed(runner, request["runs"], request["seconds"], request["warm_up"]))
            case "tensor":
                _send(answers, {}, runner.tensor(request["index"]))
            case "inspect":
                _send(answers, {"peak_rss_bytes": _peak_rss_bytes(), "delegated": runner.delegated})


def _main():
    requests = sys.stdin.buffer
    # Native libraries print to descriptor 1 as they please; answers get a descriptor that they do not know.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        _serve(requests, answers)
    except EOFError:
        pass
    except EdgezooError as error:
        _send(answers, {"error": str(error)})


if __name__ == "__main__":
    _main()
