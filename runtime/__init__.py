"""A file runs: one interface over Keras and LiteRT, in this process or in a child of its own."""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "load_runner": "runners",
        "quantize": "runners",
        "dequantize": "runners",
        "Worker": "worker",
    },
)
