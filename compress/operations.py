"""Bare operations of ``keras.ops`` in a functional model, such as those of ``x / 127.5 - 1``, as layers of Keras 2."""

import inspect

import keras
import numpy as np

from ..zoo.legacy.operations import arithmetic
from .translations import NoTwin, Part, activation_part, scaled

_ARITHMETIC = {"Add": "Add", "Subtract": "Subtract", "Multiply": "Multiply", "Divide": "Divide", "TrueDivide": "Divide"}
_ACTIVATIONS = {
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Silu": "silu",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "Softplus": "softplus",
    "Exp": "exponential",
}
_GLOBAL_POOLING = {"Mean": "GlobalAveragePooling2D", "Max": "GlobalMaxPooling2D"}


def operation_parts(operation, args, kwargs):
    """The layers of Keras 2 that do what a bare operation of Keras 3 does.

    Args:
        operation: ``keras.Operation`` that is no layer.
        args, kwargs: of its one call.

    Returns:
        ``(tensors, parts)``: what the first layer reads, and ``Part`` objects, one behind the other.

    Raises:
        NoTwin: there are none.
    """
    kind = type(operation).__name__
    if type(operation).__module__.startswith("keras.src."):
        values = list(inspect.signature(operation.call).bind(*args, **kwargs).arguments.values())
        found = _found(kind, operation, values)
        if found is not None:
            tensors, parts = found
            tensors = keras.tree.flatten(tensors)
            if all(isinstance(tensor, keras.KerasTensor) for tensor in tensors):
                return tensors, parts
    raise NoTwin("is an operation that no layer of Keras 2 stands for here; use a layer in its place")


def _found(kind, operation, values):
    first = values[0]
    if kind in _ARITHMETIC and len(values) == 2:
        found = arithmetic(_ARITHMETIC[kind], *map(_plain, values), is_tensor=_is_tensor)
        if found is None:
            return None
        layer, config, tensors = found
        return tensors, scaled(**config) if layer == "Rescaling" else [Part(layer)]
    if kind == "Negative":
        return first, scaled(-1.0)
    if kind in ("Maximum", "Minimum"):
        return values, [Part(kind)]
    if kind in _ACTIVATIONS:
        return first, activation_part(_ACTIVATIONS[kind])
    if kind == "Concatenate":
        return list(first), [Part("Concatenate", {"axis": operation.axis})]
    if kind in _GLOBAL_POOLING and len(first.shape) == 4 and _axes(operation.axis) == {1, 2}:
        return first, [Part(_GLOBAL_POOLING[kind], {"keepdims": operation.keepdims})]
    if kind == "Reshape":
        batch, *sides = operation.newshape
        if batch in (-1, None) and all(isinstance(side, int) for side in sides):
            return first, [Part("Reshape", {"target_shape": sides})]
    return None


def _is_tensor(value):
    return isinstance(value, keras.KerasTensor)


def _plain(value):
    """A constant as numbers in lists."""
    return value if _is_tensor(value) else np.asarray(value).tolist()


def _axes(axis):
    return {each % 4 for each in axis} if isinstance(axis, (tuple, list)) else {axis}
