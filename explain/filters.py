"""The weights of convolutions as pictures of what they look for."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError
from .layers import choose
from .model_file import KerasFile


@dataclasses.dataclass(frozen=True)
class Kernel:
    """The filters of one convolution.

    Attributes:
        layer: name of the layer.
        values: float32 [height, width, input channels, filters], dequantized; a depthwise convolution has 1 input
            channel for each filter.
    """

    layer: str
    values: np.ndarray


def kernels(file, pattern="*"):
    """The filters of all convolutions that fit a shell pattern, in order of execution.

    Args:
        file: ``KerasFile`` or ``TFLiteFile``.
        pattern: shell pattern of layers' names.

    Raises:
        EdgezooError: nothing fits the pattern, or the network has no convolution.
    """
    found = list(_of_keras(file.model) if isinstance(file, KerasFile) else _of_tflite(file))
    if not found:
        raise EdgezooError(f"{file.path} has no convolution, so there are no filters to show.")
    names = set(choose([each.layer for each in found], pattern, "filters"))
    return [each for each in found if each.layer in names]


def _of_keras(model):
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _of_keras(layer)
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            yield Kernel(layer.name, _depthwise(np.asarray(layer.kernel)))
        elif isinstance(layer, keras.layers.SeparableConv2D):
            yield Kernel(layer.name, _depthwise(np.asarray(layer.depthwise_kernel)))
        elif isinstance(layer, keras.layers.Conv2D):
            yield Kernel(layer.name, np.asarray(layer.kernel))


def _depthwise(values):
    """[h, w, in, multiplier] → [h, w, 1, in · multiplier]"""
    return values.reshape(*values.shape[:2], 1, -1)


def _of_tflite(file):
    for operator in file.graph.operators:
        if operator.op not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            continue
        stored = file.graph.data(operator.inputs[1])
        if stored is None:  # computed while running, as float16 weights are
            continue
        values = file.dequantized(operator.inputs[1], stored)
        # CONV_2D: [filters, h, w, in]; DEPTHWISE_CONV_2D: [1, h, w, filters].
        axes = (1, 2, 3, 0) if operator.op == "CONV_2D" else (1, 2, 0, 3)
        yield Kernel(_layer(file, operator.outputs[0]), values.transpose(axes))


def _layer(file, tensor):
    """The convolution's own layer, whatever was fused behind it."""
    for name in file.graph.tensors[tensor].name.split(";"):
        parts = name.split("/")
        if len(parts) > 2 and parts[-1].startswith(("convolution", "depthwise")):
            return file.layer_of(parts)
    return file.layer_names[tensor]
