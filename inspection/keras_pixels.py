"""What a Keras model takes for a pixel, read off the arithmetic that it begins with."""

import contextlib
import dataclasses

import numpy as np

from ..zoo.endings import graph_of
from .pixels import Pixels, range_expected

#: Layers and bare operations that leave the range of their values as it is.
_IDLE = frozenset((
    *("Cast", "GetItem", "Stack", "Concatenate", "Flip", "Identity", "Dropout", "Resizing", "CenterCrop"),
    "FakeQuantize",
))  # fmt: skip


def keras_pixels(model):
    """What a Keras model takes for a pixel.

    Its first operations tell: a Rescaling, Normalization or trained BatchNormalization layer, or bare arithmetic such
    as ``x / 127.5 - 1``, inside nested models too, bring the range that they expect to the one that networks compute
    with.

    Args:
        model: functional or sequential ``keras.Model``.

    Returns:
        ``Pixels``; raw ones are assumed of a model that leaves it open, or whose branches expect different ones.
    """
    graph = graph_of(model)
    if graph is None or len(graph.inputs) != 1:
        return Pixels()
    if "int" in graph.inputs[0].dtype:
        return Pixels(known_by="input type")
    ends = []
    _walk(graph, [_Value()], ends)
    found = [_expected(value) for value in ends]
    return found[0] if len({(each.mean, each.std) for each in found}) == 1 else Pixels()


@dataclasses.dataclass(frozen=True)
class _Value:
    """What has become of a pixel: after each step ``(scale, offset, what made it)``, means over the channels."""

    steps: tuple = ()

    def after(self, scale, offset, maker):
        before, shift, _ = self.steps[-1] if self.steps else (1.0, 0.0, "")
        scale, offset = float(np.mean(scale)), float(np.mean(offset))
        return _Value((*self.steps, (scale * before, scale * shift + offset, maker)))


def _expected(value):
    # Of several steps the first ones may bring pixels to raw ones, and the others undo that.
    for scale, offset, maker in reversed(value.steps):
        if ends := range_expected(scale, offset):
            return Pixels.of_range(*ends, maker)
    return Pixels()


def _walk(graph, inputs, ends):
    """Follows the values through a graph; ``ends`` gets those that something else computes with."""

    def call(operation, *args, **kwargs):
        nested = graph_of(operation)
        operands = [*args, *kwargs.values()]
        values = {each for each in _flat(operands) if isinstance(each, _Value)}
        if nested is not None and len(values) == 1:
            return _walk(nested, list(values), ends)
        result = _result(operation, operands, *values) if len(values) == 1 else None
        if result is None:
            ends.extend(values)
        return () if result is None else result

    # Where nothing is known of an operation's output, nothing is of those behind it; Keras says so of the model's.
    # A stranger's Rescaling may have a text for its scale.
    with contextlib.suppress(ValueError, TypeError):
        return graph._run_through_graph(inputs, call_fn=call)
    return ()


def _flat(operands):
    for operand in operands:
        yield from operand if isinstance(operand, (list, tuple)) else [operand]


def _result(operation, operands, value):
    """The ``_Value`` that an operation makes of one; ``None`` for one that does not just scale and shift it."""
    kind = type(operation).__name__
    if kind in _IDLE or kind.startswith("Random"):
        return value
    if kind == "Rescaling":
        return value.after(operation.scale, operation.offset, "Rescaling layer")
    if kind == "Normalization" and not operation.invert and operation.mean is not None:
        mean, deviation = np.asarray(operation.mean), np.sqrt(np.asarray(operation.variance))
        return value.after(1 / deviation, -mean / deviation, "Normalization layer") if deviation.all() else None
    if kind == "BatchNormalization":
        mean, variance = np.asarray(operation.moving_mean), np.asarray(operation.moving_variance)
        if not mean.any() and (variance == 1).all():  # not trained
            return None
        deviation = np.sqrt(variance + operation.epsilon)
        return value.after(1 / deviation, -mean / deviation, "BatchNormalization layer")
    if kind == "Negative":
        return value.after(-1, 0, "first operations")
    if kind in ("Add", "Subtract", "Multiply", "Divide", "TrueDivide") and len(operands) == 2:
        return _arithmetic(kind, operands, value)
    return None


def _arithmetic(kind, operands, value):
    is_first = operands[0] is value
    try:
        number = np.mean(np.asarray(operands[is_first], np.float64))
    except (TypeError, ValueError):  # of two tensors
        return None
    match kind:
        case "Add":
            step = 1, number
        case "Subtract":
            step = (1, -number) if is_first else (-1, number)
        case "Multiply":
            step = number, 0
        case _ if is_first and number:
            step = 1 / number, 0
        case _:
            return None
    return value.after(*step, "first operations")
