"""A file runs: one interface over Keras and LiteRT, in this process or in a child of its own.

runners.py        load_runner: a file becomes a runner, by its kind
keras_runner.py   … of a ``.keras`` file
tflite_runner.py  … of a ``.tflite`` file
shapes.py         the one image that a file takes
quantization.py   real numbers and the integers that stand for them
worker.py         a runner in a process of its own
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "load_runner": "runners",
        "Worker": "worker",
        "started_ahead": "worker",
        "quantize": "quantization",
        "dequantize": "quantization",
    },
)
