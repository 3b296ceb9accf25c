"""Ranges of activations that were trained, kept in a network of Keras 3 as ``FakeQuantize`` layers."""

import keras
import numpy as np

from ..common.errors import EdgezooError
from ..zoo.copying import as_input, copied, set_weights
from ..zoo.flattening import flattened
from ..zoo.layers import FakeQuantize

#: Follows the name of the layer whose results a ``FakeQuantize`` rounds.
_SUFFIX = "_range"


def with_ranges(model, ranges):
    """A copy of a network in which results of layers are rounded as in integers of 8 bits.

    Args:
        model: functional ``keras.Model`` in which no model is nested, such as ``elementary`` gives; it stays as it is.
        ranges: name of a layer, or of an input → ``(minimum, maximum)`` of what it gives. A range is made to hold 0. An
            input of raw pixels wants (0, 255), under which each pixel is its own integer.

    Returns:
        Functional ``keras.Model`` with the same weights and a ``FakeQuantize``, ``NAME_range``, behind each call of the
        layers named.

    Raises:
        EdgezooError: the network has no such layer.
    """
    names = {operation.name for operation in model.operations}
    if unknown := sorted(set(ranges) - names):
        raise EdgezooError(f"{model.name} has no layer {unknown[0]!r} that a range could belong to.")
    rounding = {name: _rounding(name, *ends) for name, ends in ranges.items()}

    def rounded(name, tensor):
        return rounding[name](tensor) if name in rounding else tensor

    def call(operation, copy, *args, **kwargs):
        return rounded(operation.name, copy(*args, **kwargs))

    return _rebuilt(model, call, lambda tensor: rounded(tensor.name, tensor))


def _rounding(name, minimum, maximum):
    return FakeQuantize(*_with_zero(minimum, maximum), name=f"{name}{_SUFFIX}")


def _with_zero(minimum, maximum):
    minimum, maximum = min(float(minimum), 0.0), max(float(maximum), 0.0)
    # What is 0 for every image needs a range all the same; any will do.
    return minimum, maximum if maximum > minimum else 1.0


def set_ranges(model, ranges):
    """Sets the ranges of a network that ``with_ranges`` has made; ``ranges`` is as there."""
    for name, ends in ranges.items():
        model.get_layer(f"{name}{_SUFFIX}").set_weights(np.float32(_with_zero(*ends)))


def has_ranges(model):
    """Whether a ``keras.Model`` holds ``FakeQuantize`` layers, in models nested in it too."""
    return any(isinstance(layer, FakeQuantize) for layer in model._flatten_layers())


def without_ranges(model):
    """A flat copy of a functional or sequential ``keras.Model`` in which nothing is rounded."""

    def call(operation, copy, *args, **kwargs):
        return args[0] if isinstance(operation, FakeQuantize) else copy(*args, **kwargs)

    return _rebuilt(flattened(model).network, call)


def _rebuilt(model, call, rounded=lambda tensor: tensor):
    """A copy of a network in which no model is nested.

    Args:
        model: functional ``keras.Model``.
        call: function of an operation, its copy and the arguments of its call to what comes in the place of its result.
        rounded: function from an input to what is read in its place.
    """
    copies = {}

    def each(operation, *args, **kwargs):
        copy = copies.setdefault(operation.name, copied(operation))
        return call(operation, copy, *args, **kwargs)

    inputs = [keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name) for tensor in model.inputs]
    outputs = model._run_through_graph([rounded(tensor) for tensor in inputs], call_fn=each)
    for layer in model.layers:
        if layer.weights and copies[layer.name].built:
            set_weights(copies[layer.name], layer.get_weights())
    return keras.Model(as_input(model, inputs), outputs, name=model.name)
