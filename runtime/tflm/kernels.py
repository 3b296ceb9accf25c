"""The operators that TensorFlow Lite Micro has kernels for, and the methods that register them.

``kernels.csv`` is read off its ``micro_mutable_op_resolver.h`` (github.com/tensorflow/tflite-micro, commit 90b983c2).
"""

import csv
import functools
from importlib import resources

from ...common.errors import EdgezooError


@functools.cache
def _methods():
    """(operator, whether it is custom) → method of ``MicroMutableOpResolver``."""
    with resources.files(__package__).joinpath("kernels.csv").open(encoding="utf-8", newline="") as file:
        return {(row["builtin"] or row["custom"], not row["builtin"]): row["method"] for row in csv.DictReader(file)}


def has_kernel(operator):
    """Whether TFLM has a kernel for an ``inspection.graph.Operator``, of whatever types."""
    return (operator.op, operator.is_custom) in _methods()


def kernels_missing(graph):
    """Sorted names of the operators of an ``inspection.graph.Graph`` that TFLM has no kernel for."""
    return sorted(op for op, is_custom in graph.kinds if (op, is_custom) not in _methods())


def resolver_methods(graph):
    """The methods that register exactly what a file needs, those of graphs that its operators call included.

    Args:
        graph: ``inspection.graph.Graph``.

    Returns:
        Sorted list of names such as ``"AddConv2D"``.

    Raises:
        EdgezooError: an operator has no kernel.
    """
    missing = kernels_missing(graph)
    if missing:
        raise EdgezooError(f"TFLM has no kernel for {', '.join(missing)}; `edgezoo check --target tflm` says more.")
    return sorted(_methods()[kind] for kind in graph.kinds)
