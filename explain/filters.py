"""The weights of convolutions as pictures of what they look for."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError
from ..inspection.scopes import convolution_among
from ..runtime.quantization import dequantized
from .layers import by_name, choose
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
    found = list(_of_keras(file) if isinstance(file, KerasFile) else _of_tflite(file))
    if not found:
        raise EdgezooError(f"{file.path} has no convolution, so there are no filters to show.")
    names = set(choose([each.layer for each in found], pattern, "filters"))
    return [each for each in found if each.layer in names]


def _of_keras(file):
    """Convolutions, also those that a layer such as ``SpectralNormalization`` wraps; it is the wrapper that has a name.

    Of a layer that is called twice the weights are there once.
    """
    seen = set()
    for name, step in by_name(file.plain()).items():
        layers = step.operation._flatten_layers() if hasattr(step.operation, "_flatten_layers") else []
        found = [(layer, values) for layer in layers if (values := _kernel(layer)) is not None]
        for layer, values in found if id(step.operation) not in seen else []:
            values = np.asarray(values).astype(np.float32)
            yield Kernel(name if len(found) == 1 else f"{name}/{layer.name}", values)
        seen.add(id(step.operation))


def _kernel(layer):
    """[height, width, input channels, filters] of a convolution, ``None`` of any other layer."""
    import keras

    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return _depthwise(layer.kernel)
    if isinstance(layer, keras.layers.SeparableConv2D):
        return _depthwise(layer.depthwise_kernel)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        return keras.ops.swapaxes(layer.kernel, 2, 3)
    return layer.kernel if isinstance(layer, keras.layers.Conv2D) else None


def _depthwise(values):
    """[h, w, in, multiplier] → [h, w, 1, in · multiplier]"""
    import keras

    return keras.ops.reshape(values, (*values.shape[:2], 1, -1))


def _of_tflite(file):
    for operator in file.graph.operators:
        if operator.op not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            continue
        stored = file.graph.data(operator.inputs[1])
        if stored is None:  # computed while running, as float16 weights are
            continue
        values = dequantized(file.graph.tensors[operator.inputs[1]], stored)
        # CONV_2D: [filters, h, w, in]; DEPTHWISE_CONV_2D: [1, h, w, filters].
        axes = (1, 2, 3, 0) if operator.op == "CONV_2D" else (1, 2, 0, 3)
        yield Kernel(_layer(file, operator), values.transpose(axes))


def _layer(file, operator):
    """The convolution's own layer, whatever was fused behind it."""
    output, kernel = operator.outputs[0], operator.inputs[1]
    operation = convolution_among(*(file.graph.tensors[index].name for index in (output, kernel)))
    return file.layer_of(operation) if operation else file.layer_names[output]
