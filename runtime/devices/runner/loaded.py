"""One file, loaded by this process."""

import importlib
import platform
import re
import sys
import time

from .machine import field
from .wire import Failure

#: Package and module of what can run files, the first that is there; pycoral is built on the second.
RUNTIMES = (("ai-edge-litert", "ai_edge_litert.interpreter"), ("tflite-runtime", "tflite_runtime.interpreter"))


def _import(package):
    """A module that is needed, by the package's name; a ``Failure`` says how to get it."""
    module = dict(RUNTIMES).get(package, package)
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and module.startswith(error.name or " "):
            return None
        raise Failure(
            f"{package} cannot be loaded by Python {platform.python_version()} on {platform.machine()} ({error}); "
            "install there the one for that processor."
        ) from error


def runtime():
    """``(name with version, module)`` of what runs files here."""
    if not _import("numpy"):
        raise Failure(f"its Python lacks NumPy; there: {sys.executable} -m pip install numpy")
    for package, _ in RUNTIMES:
        module = _import(package)
        if module:
            try:
                from importlib.metadata import version  # from Python 3.8 on

                return f"{package} {version(package)}", module
            except ImportError:
                return package, module
    names = " or ".join(package for package, _ in RUNTIMES)
    raise Failure(f"its Python lacks {names}; there: {sys.executable} -m pip install {RUNTIMES[0][0]}")


class Loaded:
    """A file that this process has loaded; each public method answers the request of its name."""

    def load(self, model, images, table, shape, dtype, threads, delegate):
        """Loads the file at a path; ``table`` [256, C] has what it takes for a pixel of each channel."""
        name, module = runtime()
        numpy = self._numpy = _import("numpy")
        options, start = {"num_threads": threads}, time.perf_counter_ns()
        if delegate:
            try:
                options["experimental_delegates"] = [module.load_delegate(delegate)]
            except (OSError, ValueError) as error:
                package = " (of Coral, libedgetpu1-std)" if "edgetpu" in delegate else ""
                raise Failure(
                    f"the delegate {delegate} cannot be loaded there ({error}); install its library{package}, and see "
                    "that its device is plugged in and may be used."
                ) from error
        try:
            self._interpreter = interpreter = module.Interpreter(model_path=model, **options)
            self._input, self._output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
            if list(self._input["shape"]) != [1, *shape]:
                interpreter.resize_tensor_input(self._input["index"], [1, *shape])
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise Failure(f"{name} cannot run it: {error}") from error
        init_ms = (time.perf_counter_ns() - start) / 1e6
        self._images = numpy.memmap(images, numpy.uint8, "r").reshape(-1, *shape)
        self._table = numpy.fromfile(table, dtype).reshape(256, shape[-1])
        self._channels = numpy.arange(shape[-1])
        self._set(0)
        return {"init_ms": init_ms, "runtime": name}

    def _set(self, index):
        self._interpreter.set_tensor(self._input["index"], self._table[self._images[index], self._channels][None])

    def _invoke(self):
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise Failure(f"it fails while running: {error}") from error

    def predict(self, start, stop):
        """The outputs of some of the images, as they are stored."""
        outputs = []
        for index in range(start, min(stop, len(self._images))):
            self._set(index)
            self._invoke()
            outputs.append(self._interpreter.get_tensor(self._output["index"]).reshape(-1))
        outputs = self._numpy.stack(outputs)
        return {"dtype": outputs.dtype.name, "outputs": outputs.shape[1]}, outputs.tobytes()

    def time(self, runs, seconds, warm_up=0):
        """Nanoseconds of single inferences, until there are so many of them *and* so many seconds are over."""
        clock, invoke = time.perf_counter_ns, self._interpreter.invoke
        for _ in range(warm_up):
            self._invoke()
        times, start = [], clock()
        while len(times) < runs or clock() - start < seconds * 1e9:
            before = clock()
            invoke()
            times.append(clock() - before)
        return {"times": times}

    def inspect(self):
        """Peak memory of this process, and the operators that the runtime lists."""
        peak = re.match(r"\d+", field("/proc/self/status", "VmHWM") or "")
        ends, nodes = ("inputs", "outputs"), getattr(self._interpreter, "_get_ops_details", list)()
        return {
            "peak_rss_bytes": int(peak.group()) * 1024 if peak else None,
            "nodes": [
                [int(node["index"]), node["op_name"], *([*map(int, node[end])] for end in ends)] for node in nodes
            ],
        }
