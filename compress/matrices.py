"""The layers that have a kernel, of whatever form, as matrices from input channels to output channels."""

import keras
import numpy as np

_KINDS = (keras.layers.Conv2D, keras.layers.Conv2DTranspose, keras.layers.DepthwiseConv2D, keras.layers.Dense)


def has_kernel(layer):
    """Whether a layer of an ``elementary`` network is one of these: a linear function of its input, and a bias."""
    return type(layer) in _KINDS


def matrices(layer):
    """Its kernel, float64 [taps, channels of input in each group, channels of output].

    Output channels of one group, whose input channels are its own, lie side by side; a depthwise convolution has a
    group for each channel.
    """
    kernel = np.asarray(layer.kernel, np.float64)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        kernel = kernel.swapaxes(2, 3)
    width = 1 if isinstance(layer, keras.layers.DepthwiseConv2D) else kernel.shape[-2]
    return kernel.reshape(int(np.prod(kernel.shape[:-2])), width, -1)


def set_matrices(layer, values):
    """Gives it the kernel of which ``matrices`` would be ``values``."""
    shape = layer.kernel.shape
    if isinstance(layer, keras.layers.Conv2DTranspose):
        values = values.reshape(*shape[:2], shape[3], shape[2]).swapaxes(2, 3)
    layer.kernel.assign(values.reshape(shape))


def by_input(values, matrix):
    """Values of input channels, [n], where those channels stand in a layer's matrices: [n in each group, outputs]."""
    inside, outputs = matrix.shape[1:]
    groups = len(values) // inside
    return np.repeat(values.reshape(groups, inside).T, outputs // groups, axis=1)


def input_ranges(matrix, channels):
    """The largest absolute weight that works on each of a layer's input channels, [channels]."""
    inside = matrix.shape[1]
    return np.abs(matrix).max(axis=0).reshape(inside, channels // inside, -1).max(axis=-1).T.ravel()
