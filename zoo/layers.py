"""Layers that Keras lacks."""

import math

import keras
import numpy as np
from keras import ops

from .arguments import require_choice


class _Pooling2D(keras.layers.Layer):
    """Arguments, output shape and config of Keras' own pooling, for other functions of the window."""

    def __init__(self, pool_size=2, strides=None, padding="valid", **kwargs):
        super().__init__(**kwargs)
        require_choice("padding", padding, ("valid", "same"))
        # Keras' own layer checks the arguments and knows the output shape.
        self._pool = keras.layers.MaxPooling2D(pool_size, strides, padding, data_format="channels_last")
        self.pool_size, self.strides, self.padding = self._pool.pool_size, self._pool.strides, padding

    def compute_output_shape(self, input_shape):
        return self._pool.compute_output_shape(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "strides": self.strides,
            "padding": self.padding,
        }


@keras.saving.register_keras_serializable(package="edgezoo")
class MinPooling2D(_Pooling2D):
    """Minimum of each window, per channel.

    Computed as ``-max_pool(-x)`` with the sign written as a multiplication by −1: as NEG it has no int8 kernel and the
    converter wraps it in DEQUANTIZE and QUANTIZE, while a MUL by a constant is folded into neighbouring convolutions
    where there are any and runs in int8 (Edge TPU, Ethos-U, TFLM, XNNPACK) where not. Put the activation *behind* this
    layer, where it works on the smaller tensor (a rising activation commutes with the minimum); with a ReLU directly in
    front, the converter gives the tensor between them a symmetric range and so wastes one of its 8 bits.

    Args:
        pool_size: side of the window in pixels, an int or a pair.
        strides: step of the window, an int or a pair; ``None`` means ``pool_size``.
        padding: ``"valid"``, or ``"same"``, where padded pixels never win.

    Input shape: ``[batch, height, width, channels]``, floating point. Output shape: as ``keras.layers.MaxPooling2D``.
    """

    def call(self, inputs):
        largest_negative = ops.max_pool(ops.multiply(inputs, -1.0), self.pool_size, self.strides, self.padding)
        return ops.multiply(largest_negative, -1.0)


@keras.saving.register_keras_serializable(package="edgezoo")
class BlurPooling2D(_Pooling2D):
    """Anti-aliased subsampling: each window's weighted mean with binomial weights, per channel.

    A window that steps by 2 without a low-pass filter folds high frequencies onto low ones, so that the answer depends
    on where the object happens to lie (Zhang 2019, «Making Convolutional Networks Shift-Invariant Again»). The weights
    are fixed, not trained; at export it is a DEPTHWISE_CONV_2D.

    Args:
        pool_size: side of the window in pixels, an int or a pair.
        strides: step of the window, an int or a pair; ``None`` means ``pool_size``.
        padding: ``"valid"``, or ``"same"``, where zeros are padded.

    Input shape: ``[batch, height, width, channels]``, floating point. Output shape: as ``keras.layers.MaxPooling2D``.
    """

    def __init__(self, pool_size=3, strides=None, padding="valid", **kwargs):
        super().__init__(pool_size, strides, padding, **kwargs)

    def depthwise_kernel(self, channels):
        """The weights of the depthwise convolution that it is, float64 [height, width, channels, 1]."""
        rows, columns = ([math.comb(side - 1, k) / 2 ** (side - 1) for k in range(side)] for side in self.pool_size)
        return np.tile(np.outer(rows, columns)[..., None, None], [1, 1, channels, 1])

    def call(self, inputs):
        kernel = ops.cast(self.depthwise_kernel(inputs.shape[-1]), inputs.dtype)
        return ops.depthwise_conv(inputs, kernel, self.strides, self.padding)
