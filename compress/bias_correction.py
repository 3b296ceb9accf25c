"""Bias correction: what the rounding of weights adds to a layer's results on average is taken off its bias.

A rounded kernel W + ε gives ε x more than W does. The mean of that over images, ε E[x], is one number for each output
channel, which the bias can take back (Nagel et al. 2019, «Data-Free Quantization Through Weight Equalization and Bias
Correction», section 4.2). Here it is the mean over calibration images, with what is padded.
"""

import keras
import numpy as np

from ..zoo.flattening import flattened
from .folding import folded
from .matrices import has_kernel, matrices, set_matrices
from .observing import observed

#: Weights are stored as integers from -127 to 127.
_LARGEST = 127


def bias_corrected(model, images, *, per_channel_dense=True):
    """A copy of a model for files with int8 weights: its biases are off by as much as rounding will be, on average.

    Args:
        model: functional or sequential ``keras.Model`` with one image as its input; it stays as it is.
        images: calibration images as the model takes them, float32 [n, H, W, C].
        per_channel_dense: whether dense layers will have a scale for each channel, as all others have, or one for all.

    Returns:
        Functional ``keras.Model``, ``folding.folded``.

    Raises:
        EdgezooError: the model has a layer that cannot be taken apart, which the message names.
    """
    flat = flattened(folded(model))
    errors, steps = {}, [step for step in flat.steps if has_kernel(step.operation)]
    for step in steps:
        if step.operation not in errors:
            by_channel = per_channel_dense or not isinstance(step.operation, keras.layers.Dense)
            errors[step.operation] = _rounding_error(step.operation, step.reads[0].shape, by_channel)
    differences = [errors[step.operation](step.reads[0]) for step in steps]
    sums = {layer: np.zeros(layer.bias.shape) for layer in errors}
    counts = dict.fromkeys(errors, 0)
    for place, values in observed(flat.network.inputs, differences, images):
        layer = steps[place].operation
        sums[layer] += values.sum(axis=0, dtype=np.float64)
        counts[layer] += len(values)
    for layer, total in sums.items():
        layer.bias.assign(np.asarray(layer.bias) - total / counts[layer])
    return flat.network


def _rounding_error(layer, shape, by_channel):
    """The layer whose kernel is what rounding adds to another's; ``shape`` is of its input."""
    kernel = matrices(layer)
    largest = np.abs(kernel).max(axis=(0, 1) if by_channel else None)
    step = np.where(largest > 0, largest, 1) / _LARGEST
    error = type(layer).from_config({**layer.get_config(), "use_bias": False, "name": f"{layer.name}_rounding"})
    error.build(shape)
    set_matrices(error, np.round(kernel / step) * step - kernel)
    return error
