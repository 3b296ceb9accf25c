"""A child process that owns one model file.

A ``.tflite`` file can abort the process that runs it, and memory can only be told apart in a fresh process.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

import numpy as np

from ..common import child
from ..common.child import Child, ChildDied, serve
from ..common.errors import EdgezooError
from ..common.quiet import quiet_import
from ..inspection.files import TFLITE, kind_of
from ..inspection.graph import read_graph
from ..inspection.pixels import Pixels
from .runners import runtime_for, runtimes_for

#: Seconds that each of many images, or runs, may take on top of what one may.
_SLOWEST = 10
#: Children that have started and have no file yet; see ``started_ahead``.
_ahead = []


@contextlib.contextmanager
def started_ahead(paths, count, runtimes=()):
    """While entered, the first workers find their processes started, with their runtime imported.

    For a caller who has something to read before it knows what the workers shall do.

    Args:
        paths: the files that shall be run; nothing is started where no ``.tflite`` file is among them.
        count: how many workers.
        runtimes: names of those that run the files, as for ``runners.runtimes_for``.
    """
    chosen = [runtimes_for(path, runtimes)[0] for path in paths]
    module = next((each.module for path, each in zip(paths, chosen, strict=True) if kind_of(path) == TFLITE), None)
    with contextlib.ExitStack() as stack:
        for _ in range(count if module else 0):
            _ahead.append(stack.enter_context(Child(__spec__.name, module)))
        try:
            yield
        finally:
            _ahead.clear()


class Worker:
    """The parent's handle of a child that has loaded one file.

    Args:
        path, threads, image_size, pixels, runtime, options: as for :func:`~edgezoo.runtime.runners.load_runner`.

    Attributes:
        input_shape: (H, W, C) that it takes.
        pixels: ``Pixels`` that it takes.
        runtime: name and version of what runs it.
        init_ms: time from the file to a loaded model, milliseconds.
        timing_note: why its times say nothing of a device, or ``None``.

    Raises:
        EdgezooError: from here and from every method, if the file cannot be run or ends the child.
    """

    def __init__(self, path, threads=1, image_size=None, pixels=None, *, runtime=None, **options):
        self._path = path
        runtime_for(path, runtime)  # what is missing is said without a child
        try:
            self._child = _ahead.pop()
        except IndexError:
            self._child = Child(__spec__.name)
        try:
            file = {"path": os.fspath(path), "threads": threads, "image_size": image_size, "runtime": runtime}
            facts, _ = self._ask({"do": "load", **file, "pixels": pixels and pixels.row(), "options": options})
        except BaseException:
            self.close()
            raise
        self.input_shape = tuple(facts["input_shape"])
        self.pixels = Pixels.of_row(facts["pixels"])
        self.runtime, self.init_ms, self.timing_note = (facts[key] for key in ("runtime", "init_ms", "timing_note"))

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → float32 [n, classes]."""
        return self._ask({"do": "predict"}, images, _SLOWEST * len(images))[1]

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`time` runs on."""
        self._ask({"do": "set_input"}, image)

    def time(self, runs, seconds, warm_up=0):
        """Runs until ``runs`` inferences *and* ``seconds`` are reached, after ``warm_up`` untimed ones.

        Returns:
            int64 array of the single times in nanoseconds.
        """
        request = {"do": "time", "runs": runs, "seconds": seconds, "warm_up": warm_up}
        return self._ask(request, beyond=seconds + _SLOWEST * (runs + warm_up))[1]

    def tensor(self, index):
        """A tensor's values, as stored, after the last image of :meth:`predict`; needs ``keep_tensors``."""
        return self._ask({"do": "tensor", "index": index})[1]

    def inspect(self):
        """``peak_rss_bytes`` of the whole child so far (``None`` where the system tells none), and ``delegated``."""
        return self._ask({"do": "inspect"})[0]

    def _ask(self, message, array=None, beyond=0):
        try:
            return self._child.ask(message, array, child.PATIENCE + beyond)
        except ChildDied as death:
            last = f" ({death.last_words})" if death.last_words else ""
            raise EdgezooError(f"{self._path} cannot be run: the process that ran it {death.how}{last}.") from death

    def close(self):
        """Ends the child; safe to call again."""
        self._child.close()

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


class _Server:
    """The child's side: loads the file that the first request names, and answers for it."""

    def __call__(self, request, array):
        match request["do"]:
            case "load":
                return self._load(**{key: value for key, value in request.items() if key != "do"})
            case "predict":
                return {}, self._runner.predict(array)
            case "set_input":
                self._runner.set_input(array)
                return {}
            case "time":
                return {}, _timed(self._runner, request["runs"], request["seconds"], request["warm_up"])
            case "tensor":
                return {}, self._runner.tensor(request["index"])
            case "inspect":
                return {"peak_rss_bytes": _peak_rss_bytes(), "delegated": self._runner.delegated}

    def _load(self, path, threads, image_size, pixels, runtime, options):
        runtime = runtime_for(path, runtime)
        if kind_of(path) == TFLITE:
            read_graph(path)  # a runtime believes what a file says
        quiet_import(runtime.module)  # importing the runtime is not part of loading a file
        start = time.perf_counter_ns()
        self._runner = runner = runtime.runner(
            Path(path), threads, image_size, pixels and Pixels.of_row(pixels), **options
        )
        init_ms = (time.perf_counter_ns() - start) / 1e6
        facts = {"input_shape": runner.input_shape, "runtime": runner.runtime, "timing_note": runner.timing_note}
        # Finding the pixels out is not part of loading either.
        return {**facts, "init_ms": init_ms, "pixels": runner.pixels.row()}


if __name__ == "__main__":
    for module in sys.argv[1:]:
        quiet_import(module)
    serve(_Server())
