"""What the constants of a quantized layer tell: the ranges of its channels, and its biases."""

import numpy as np

from ...common.errors import EdgezooError
from ...runtime.quantization import dequantized, quantization_of
from .noise import Noise

#: Operators with weights, and the axis of these that is the layer's own channels.
_CHANNELS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0, "TRANSPOSE_CONV": 0}
#: … and the one that is the channels of its input, which share a scale whether or not its own have one each.
_INPUTS = {"CONV_2D": 3, "FULLY_CONNECTED": 1, "TRANSPOSE_CONV": 3}
#: The lowest cosine between the weights of two forms of one network: those of 4 bits come to 0.98.
_ALIKE = 0.95


def weights_of(graph, operator, reference, other):
    """The ranges of a layer's weights.

    Args:
        graph, operator: of the quantized file.
        reference, other: the float file's graph and operator.

    Returns:
        ``{"dtype", "per_channel", "channels", "range_ratio", "input_range_ratio", "lost", "cosine"}``: how many times
        the median range the widest is, of its channels and of those of its input; how many channels the file has as
        nothing but zeros though they are not; and the cosine of both files' weights. These are ``None`` where the
        values cannot be read. ``None`` for a layer without quantized weights.
    """
    axis = _CHANNELS.get(operator.op)
    if axis is None or len(operator.inputs) < 2:
        return None
    tensor = graph.tensors[operator.inputs[1]]
    if not tensor.scale or not tensor.is_constant or len(tensor.shape) <= max(axis, _INPUTS.get(operator.op, 0)):
        return None
    row = {"dtype": tensor.dtype, "per_channel": len(tensor.scale) > 1, "channels": tensor.shape[axis]}
    values, floats = graph.data(tensor.index), reference.data(other.inputs[1])
    if values is None or floats is None or floats.dtype.kind != "f" or floats.shape != values.shape:
        return {**row, **dict.fromkeys(("range_ratio", "input_range_ratio", "lost", "cosine"))}
    values = dequantized(tensor, values)
    ours, theirs = (_ranges(each, axis) for each in (values, floats))
    alike = Noise()
    alike.add(floats, values)
    return {
        **row,
        "range_ratio": ratio_of_ranges(theirs),
        "input_range_ratio": ratio_of_ranges(_ranges(floats, _INPUTS[operator.op])) if operator.op in _INPUTS else None,
        "lost": int(np.sum((ours == 0) & (theirs > 0))),
        "cosine": alike.row()["cosine"],
    }


def bias_of(graph, operator):
    """What can be wrong with a layer's 32-bit sums.

    Returns:
        ``{"saturated", "overflowing"}``: how many channels have a bias at the end of what 32 bits hold, and in how many
        the sum of bias and products can leave it; ``None`` for a layer without such a bias.
    """
    if operator.op not in _CHANNELS or len(operator.inputs) < 3 or operator.inputs[2] < 0:
        return None
    bias, weights = (graph.data(operator.inputs[place]) for place in (2, 1))
    source = graph.tensors[operator.inputs[0]]
    if bias is None or bias.dtype != np.int32 or weights is None or source.dtype not in ("int8", "uint8"):
        return None
    axis, (_, zero_point), limits = _CHANNELS[operator.op], quantization_of(source), np.iinfo(source.dtype)
    if weights.ndim <= axis or weights.shape[axis] != len(bias):
        return None
    farthest, most = max(limits.max - zero_point, zero_point - limits.min), np.iinfo(np.int32).max
    others = tuple(place for place in range(weights.ndim) if place != axis)
    sums = np.abs(bias.astype(np.int64))
    products = farthest * np.abs(weights.astype(np.int64)).sum(axis=others)
    saturated = sums >= most
    overflowing = (sums + products > most) & ~saturated
    return {"saturated": int(saturated.sum()), "overflowing": int(overflowing.sum())}


def require_alike(layer, weights, file, reference):
    """Refuses a pair of layers whose weights are not the same but for rounding."""
    if weights and weights["cosine"] is not None and weights["cosine"] < _ALIKE:
        raise EdgezooError(
            f"layer {layer!r} has other weights in {file} than in {reference}; compare two forms of one network, "
            "a file with the model that it was made from."
        )


def ratio_of_ranges(ranges):
    """How many times the median the widest range is, of those above 0; ``None`` where there are fewer than two."""
    ranges = np.asarray(ranges, np.float64)
    ranges = ranges[ranges > 0]
    return float(ranges.max() / np.median(ranges)) if len(ranges) > 1 else None


def _ranges(values, axis):
    return np.abs(np.moveaxis(values, axis, 0)).reshape(values.shape[axis], -1).max(axis=1)
