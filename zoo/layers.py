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


@keras.saving.register_keras_serializable(package="edgezoo")
class FakeQuantize(keras.layers.Layer):
    """Rounds to the values that an integer tensor can hold, and cuts off what lies outside of their range.

    The result is ``scale · (q − zero_point)`` with ``scale = (maximum − minimum) / (2^bits − 1)`` and ``q`` an integer
    of ``bits`` bits; the range is moved by less than a step, so that 0 is one of the values. It is what a network in
    integers computes with behind a layer (Jacob et al. 2018, «Quantization and Training of Neural Networks for
    Efficient Integer-Arithmetic-Only Inference»), and in an int8 file it gives the tensor that it rounds its scale and
    zero point. The gradient goes through unchanged inside of the range, and is 0 outside (straight-through estimator).

    Args:
        minimum, maximum: ends of the range, numbers with ``minimum <= 0 <= maximum`` and ``minimum < maximum``. They
            are weights, not trainable by gradients: what trains a network for integers sets them.
        bits: of an integer, 2 to 16.

    Input and output shape: any, floating point. Computed in float32.

    Raises:
        ValueError: the range does not hold 0, or is empty.
    """

    def __init__(self, minimum, maximum, bits=8, **kwargs):
        super().__init__(**kwargs)
        require_choice("bits", bits, range(2, 17))
        if not float(minimum) <= 0 <= float(maximum) or float(minimum) == float(maximum):
            raise ValueError(
                "`minimum` and `maximum` must be two numbers with 0 between them. "
                f"Received: minimum={minimum!r}, maximum={maximum!r}"
            )
        self.bits = bits
        self.minimum, self.maximum = (self._end(*each) for each in (("minimum", minimum), ("maximum", maximum)))

    def _end(self, name, value):
        initializer = keras.initializers.Constant(float(value))
        return self.add_weight((), initializer, "float32", trainable=False, name=name)

    def call(self, inputs):
        # In TensorFlow this is the operation that the converter knows.
        return keras.quantizers.fake_quant_with_min_max_vars(inputs, self.minimum, self.maximum, self.bits)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        ends = {"minimum": float(self.minimum), "maximum": float(self.maximum)}
        return {**super().get_config(), **ends, "bits": self.bits}
