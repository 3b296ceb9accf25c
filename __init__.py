"""edgezoo: a Keras model zoo of convolutional networks for edge hardware.

The short public face; everything here is imported on first use, so that ``import edgezoo`` stays instant and never
imports TensorFlow.
"""

from .common.lazy import lazy

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "build": "zoo",
        "list_models": "zoo",
        "load_model": "zoo",
        "describe": "inspection",
        "load_dataset": "datasets",
        "fit": "train",
        "export_model": "export",
        "export_models": "export",
        "evaluate_files": "evaluate",
        "benchmark_files": "evaluate",
        "compare_files": "evaluate",
    },
)
