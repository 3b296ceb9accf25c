"""A file runs: one interface over all runtimes, in this process or in a child of its own.

runtime.py        what a runtime is
runners.py        load_runner: a file becomes a runner, by its kind or in the runtime that is named
keras_runner.py   … of a ``.keras`` file in Keras
tflite_runner.py  … of a ``.tflite`` file in LiteRT
tflm              … in TensorFlow Lite Micro
gpu               … in LiteRT's GPU delegate
graph_runner.py   what the last two share
partition.py      which operators XNNPACK runs
shapes.py         the one image that a file takes
quantization.py   real numbers and the integers that stand for them
worker.py         a runner in a process of its own
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "RUNTIMES": "runners",
        "load_runner": "runners",
        "runtimes_for": "runners",
        "Worker": "worker",
        "started_ahead": "worker",
        "quantize": "quantization",
        "dequantize": "quantization",
    },
)
