"""Cross-layer equalization: channels that differ widely in range are brought nearer to each other before quantization.

All channels of a tensor of integers share one scale, which leaves one of a small range few steps. Between two layers
with kernels a channel can be divided by any s > 0, which the next layer's weights take back; the network's function
stays where what lies between hands s on (Nagel et al. 2019, «Data-Free Quantization Through Weight Equalization and
Bias Correction»). Weights of int8 files have a scale for each output channel, which hides the ranges that the paper
evens out in the first of the two layers; the range of the channel's own values stands in its place here (as in Xiao et
al. 2023, «SmoothQuant», with α = 1/2).
"""

import dataclasses

import keras
import numpy as np

from ..zoo.flattening import flattened
from .channels import FIXED, channels_of
from .folding import folded
from .matrices import by_input, input_ranges, matrices, set_matrices
from .observing import observed

#: The largest change of a scale, as a natural logarithm, at which scales are settled.
_SETTLED = 1e-6


@dataclasses.dataclass(frozen=True)
class Equalized:
    """A network whose channels are equalized.

    Attributes:
        model: functional ``keras.Model`` that answers as the original, to rounding in float32; nothing is nested in it,
            and batch normalization is folded in (``folding.folded``).
        channels: number of channels that were rescaled, those that can only be together counted once.
    """

    model: keras.Model
    channels: int


def equalized(model, images):
    """``Equalized`` of a model.

    Args:
        model: functional or sequential ``keras.Model`` with one image as its input; it stays as it is.
        images: calibration images as the model takes them, float32 [n, H, W, C].

    Raises:
        EdgezooError: the model has a layer that cannot be taken apart, which the message names.
    """
    flat = flattened(folded(model))
    channels = channels_of(flat)
    scales = _scales(channels, _ranges(flat, channels, images))
    for layer, taken, given in channels.layers:
        matrix = matrices(layer)
        set_matrices(layer, matrix * by_input(scales[taken], matrix) / scales[given])
        layer.bias.assign(np.asarray(layer.bias) / scales[given])
    return Equalized(flat.network, int((scales != 1).sum()))


def _ranges(flat, channels, images):
    """The largest absolute value of each number's channels in all tensors that a file stores, [count]."""
    readers = {}
    for step in flat.steps:
        for tensor in step.reads:
            readers.setdefault(id(tensor), set()).add(type(step.operation))
    # What a ReLU alone reads is nowhere in a file, where it is part of the operator before it.
    stored = [step.output for step in flat.steps if readers.get(id(step.output)) != {keras.layers.ReLU}]
    stored = [tensor for tensor in stored if np.any(channels.tensors.get(id(tensor), FIXED) != FIXED)]
    ranges = np.zeros(channels.count)
    for place, values in observed(flat.network.inputs, stored, images):
        np.maximum.at(ranges, channels.tensors[id(stored[place])], np.abs(values).max(axis=0))
    return ranges


def _scales(channels, ranges):
    """What the values of each number's channels are divided by, [count].

    It is ``s = sqrt(r1 / r2)`` of the range r1 of the values and the largest weight r2 of the layers that read them, so
    that both become ``sqrt(r1 r2)``. r2 changes with the scales of what these layers give: all are settled in turns, in
    each of which the errors of their logarithms are at least halved.
    """
    scales, seen = np.ones(channels.count), ranges > 0
    # What is 0 for every image is taken for the smallest: its weights shall not stand out in the next layer.
    ranges = np.where(seen, ranges, ranges.min(where=seen, initial=np.inf))
    free = np.isfinite(ranges)
    free[FIXED] = False
    pairs = [(matrices(layer), taken, given) for layer, taken, given in channels.layers]
    while True:
        weights = np.zeros(channels.count)
        for matrix, taken, given in pairs:
            np.maximum.at(weights, taken, input_ranges(matrix / scales[given], len(taken)))
        free &= (weights > 0) & np.isfinite(weights)
        new = np.ones(channels.count)
        new[free] = np.sqrt(ranges[free] / weights[free])
        settled = np.abs(np.log(new / scales)).max() < _SETTLED
        scales = new
        if settled:
            return scales
