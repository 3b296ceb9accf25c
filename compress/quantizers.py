"""In a twin's process: how kernels and activations are rounded while a network is trained for int8."""

import numpy as np
import tensorflow as tf

from ..common.quiet import quiet_import
from .clusters import is_clustered

_CORE = "tensorflow_model_optimization.python.core.quantization.keras"
preserving = quiet_import(f"{_CORE}.collab_opts.cluster_preserve.cluster_preserve_quantize_registry")
quantizers = quiet_import(f"{_CORE}.quantizers")
QuantizeConfig = quiet_import(f"{_CORE}.quantize_config").QuantizeConfig

#: A kernel is taken for clustered if it has at most as many values.
_MOST_CLUSTERS = 256
_KERNEL = {"num_bits": 8, "per_axis": True, "symmetric": True, "narrow_range": True}


def _clusters_of(layer, kernel, data_format):
    """Those of the whole kernel; the toolkit has others in each channel where all channels have about as many."""
    values, index = preserving.get_unique(kernel)
    return values, tf.size(values), index, False


preserving.get_centroids = _clusters_of


def output_quantizer():
    """Of activations: 256 steps from a moving average of minima to one of maxima."""
    return quantizers.MovingAverageQuantizer(num_bits=8, per_axis=False, symmetric=False, narrow_range=False)


def kernel_quantizer(kernel, axes, channel_axes, preserve):
    """Of a kernel: -127…127 times a scale for each output channel, or for all where it is clustered.

    Args:
        kernel: variable, trained by the stages before.
        axes, channel_axes: as in ``places.KERNELS``.
        preserve: names of the stages whose zeros or clusters stay.
    """
    values = kernel.numpy()
    if "cluster" in preserve and channel_axes == 1 and len(np.unique(values)) <= _MOST_CLUSTERS:
        # As files have it (export.channel_scales): equal weights are rounded alike in all channels.
        form = {**_KERNEL, "per_axis": not is_clustered(values)}
        return preserving.ClusterPreserveDefaultWeightsQuantizer(**form, preserve_sparsity="prune" in preserve)
    mask = (values != 0).astype("float32") if "prune" in preserve else None
    return _PerChannel(axes, channel_axes, mask)


class _PerChannel(quantizers.LastValueQuantizer):
    """TensorFlow's operation has a range for each index of the last axis; a kernel is laid out so for it, and back.

    Args:
        axes, channel_axes: as in ``places.KERNELS``.
        mask: float32 array, 0 where the kernel stays zero; ``None`` for none.
    """

    def __init__(self, axes, channel_axes, mask):
        super().__init__(**_KERNEL)
        self._axes, self._channel_axes, self._mask = axes, channel_axes, mask

    def build(self, tensor_shape, name, layer):
        sides = [tensor_shape[axis] for axis in self._axes]
        return super().build([int(np.prod(sides[-self._channel_axes :]))], name, layer)

    def __call__(self, inputs, training, weights, **options):
        masked = inputs if self._mask is None else inputs * self._mask
        ordered = tf.transpose(masked, self._axes)
        flat = tf.reshape(ordered, (-1, weights["min_var"].shape[0]))
        rounded = super().__call__(flat, training, weights, **options)
        return tf.transpose(tf.reshape(rounded, ordered.shape), np.argsort(self._axes))


class Rounding(QuantizeConfig):
    """What is rounded of a layer.

    Args:
        kernels: pairs of a kernel's name and its quantizer.
        output: quantizer of what the layer makes, or ``None``.
    """

    def __init__(self, kernels, output):
        self._kernels, self._output = kernels, output

    def get_weights_and_quantizers(self, layer):
        return [(getattr(layer, name), quantizer) for name, quantizer in self._kernels]

    def set_quantize_weights(self, layer, quantize_weights):
        for (name, _), weight in zip(self._kernels, quantize_weights, strict=True):
            setattr(layer, name, weight)

    def get_activations_and_quantizers(self, layer):
        return []

    def set_quantize_activations(self, layer, quantize_activations):
        pass

    def get_output_quantizers(self, layer):
        return [self._output] if self._output else []

    def get_config(self):
        raise NotImplementedError("it is not saved: ranges and weights leave the process as arrays")
