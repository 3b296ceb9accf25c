"""A network with trained ranges in a form of which every operator, in an int8 file, has one."""

import keras
from keras import ops

from ..zoo.copying import clone, copied
from .matrices import has_kernel


def in_integers(model):
    """A copy of a functional or sequential ``keras.Model`` whose normalizations are one operator, or part of one."""
    return clone(model, _converted)


def _converted(operation):
    if isinstance(operation, keras.layers.BatchNormalization) and not _is_folded(operation):
        return _DepthwiseNormalization.from_config(operation.get_config())
    return copied(operation)


def _is_folded(normalization):
    before = normalization._inbound_nodes[0].input_tensors[0]
    return has_kernel(before._keras_history.operation)


class _DepthwiseNormalization(keras.layers.BatchNormalization):
    """Batch normalization that no kernel takes in, as a depthwise convolution of 1×1.

    Its product and its sum are two operators, between which no range was trained; this is one.
    """

    def call(self, inputs, training=None, mask=None):
        if self.axis not in (-1, len(inputs.shape) - 1):
            return super().call(inputs, training=False)
        scale = ops.rsqrt(self.moving_variance + self.epsilon) * (self.gamma if self.scale else 1.0)
        offset = (self.beta if self.center else 0.0) - self.moving_mean * scale
        _, *sides, channels = inputs.shape
        image = ops.reshape(inputs, (-1, *[1] * (2 - len(sides)), *sides, channels))
        result = ops.depthwise_conv(image, ops.reshape(scale, (1, 1, channels, 1))) + offset
        return ops.reshape(result, (-1, *sides, channels))
