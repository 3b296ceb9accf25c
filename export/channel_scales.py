"""The scales of kernels' channels in a file that the converter has made, where other ones are better.

**Clustered kernels**: equal weights become equal integers, whatever their channel. A scale for each output channel, as
the converter chooses it by the channel's largest weight, makes of 16 values some 50 integers: each channel has others.
Here the scale of a channel is what its normalization made of one step for the whole kernel, the one that comes nearest
to its few values, so that all channels have the same integers, which compress better, as gzip and as an Ethos-U's
weights. What would lose by it keeps its own: a kernel of few large weights and many small ones, or a channel of these.

**Dead channels**, as pruning leaves them: their bias gets a scale of 0 in int16x8, which no runtime takes.
"""

from pathlib import Path

import numpy as np

from ..compress.clusters import is_clustered
from ..inspection.writing import written

_FILE = "clustered.npz"
_LARGEST = 127
#: The largest weight is at least so many steps.
_FEWEST = 90
#: As the root of mean squares, a kernel may lose so many times what it does with the scales that it has, and a channel
#: this part of its weights.
_KERNEL_LOSES, _CHANNEL_LOSES = 1.25, 0.02
#: Operator → the places of its kernel and its bias among its inputs.
_PLACES = {"CONV_2D": (1, 2), "DEPTHWISE_CONV_2D": (1, 2), "FULLY_CONNECTED": (1, 2), "TRANSPOSE_CONV": (1, 3)}


def save_clustered(model, folder):
    """Writes the clustered kernels of a ``keras.Model``, if it has any, into the folder that it is frozen in."""
    kernels = [
        kernel
        for layer in model._flatten_layers()
        for kernel in _kernels(layer)
        if len(kernel) > 1 and is_clustered(kernel)
    ]
    if kernels:
        np.savez(Path(folder) / _FILE, *kernels)


def _kernels(layer):
    """Those of a layer that are for all input channels, a row for each output channel, as in a file."""
    import keras

    if isinstance(layer, keras.layers.Conv2DTranspose):
        yield _rows(layer.kernel, 2)
    elif isinstance(layer, (keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Dense)):
        yield _rows(layer.kernel, -1)
    elif isinstance(layer, keras.layers.SeparableConv2D):
        yield _rows(layer.pointwise_kernel, -1)


def _rows(kernel, axis):
    values = np.moveaxis(np.asarray(kernel), axis, 0)
    return values.reshape(len(values), -1)


def rescaled(content, folder):
    """A file in which the scales of kernels' channels are other ones, where those of the converter will not do.

    Args:
        content: ``bytes`` of a ``.tflite`` file.
        folder: what ``save_clustered`` got, for the network that the file is made from.

    Returns:
        ``bytes``; ``content`` itself if there is nothing to change.
    """
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    kernels = _saved(folder)
    model = flatbuffer_utils.convert_bytearray_to_object(content)
    places_of = {getattr(schema.BuiltinOperator, name): places for name, places in _PLACES.items()}
    changed = False
    for graph in model.subgraphs:
        widened = {each.outputs[0]: each.inputs[0] for each in graph.operators if len(each.inputs) == 1}
        factors = {}
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            places = places_of.get(max(code.builtinCode, code.deprecatedBuiltinCode))
            if places is None:
                continue
            index, *bias = (operator.inputs[place] for place in places if place < len(operator.inputs))
            index = widened.get(index, index)
            kernel, bias = graph.tensors[index], graph.tensors[bias[0]] if bias and bias[0] >= 0 else None
            if index not in factors:
                factors[index] = _put_on_grid(model, kernel, kernels)
            if factors[index] is not None:
                changed = True
                if bias and _scales(bias) is not None:
                    _scale_bias(model, bias, factors[index])
            if bias and _scales(bias) is not None and not np.all(_scales(bias)):
                changed = True
                _revive(kernel, bias)
    return written(model) if changed else content


def _saved(folder):
    if not (path := Path(folder) / _FILE).exists():
        return []
    with np.load(path, allow_pickle=False) as file:
        return [file[name] for name in file.files]


def _scales(tensor):
    return tensor.quantization and tensor.quantization.scale


def _revive(kernel, bias):
    """Gives channels without a weight or a bias, whose scale is 0 after rounding to float32, that of another one."""
    dead, best = bias.quantization.scale == 0, np.argmax(bias.quantization.scale)
    kernel.quantization.scale = np.where(dead, kernel.quantization.scale[best], kernel.quantization.scale)
    other = max(bias.quantization.scale[best], np.finfo(np.float32).tiny)
    bias.quantization.scale = np.where(dead, other, bias.quantization.scale).astype(np.float32)


def _put_on_grid(model, tensor, kernels):
    """What each channel's integers were multiplied by, [channels]; ``None`` where nothing is changed."""
    scales, buffer = _scales(tensor), model.buffers[tensor.buffer]
    if scales is None or len(scales) < 2 or buffer.data is None or tensor.quantization.quantizedDimension != 0:
        return None
    integers = np.frombuffer(bytes(buffer.data), np.int8)
    if integers.size != np.prod(tensor.shape):
        return None  # of four bits
    integers = integers.reshape(len(scales), -1)
    for kernel in kernels:
        if kernel.shape == integers.shape:
            largest = np.abs(kernel).max(axis=1, keepdims=True)
            step = _step(kernel)
            shares = np.where(largest > 0, largest, np.inf) / (step * _LARGEST)
            # A normalization with a negative factor turns the channel's signs.
            signs = np.where((integers * kernel).sum(axis=1, keepdims=True) < 0, -1, 1)
            exact = signs * kernel / step
            if np.abs(exact / shares - integers).max() < 1:
                break
    else:
        return None
    on_grid, usual = np.round(exact), integers * np.where(np.isfinite(shares), shares, 0)
    lost, usually, whole = (_squares(each) for each in (on_grid - exact, usual - exact, exact))
    if lost.sum() > _KERNEL_LOSES**2 * usually.sum() + 1e-6 * whole.sum():
        return None
    moves = np.isfinite(shares) & (lost <= _CHANNEL_LOSES**2 * whole)
    buffer.data = np.frombuffer(np.where(moves, on_grid, integers).astype(np.int8).tobytes(), np.uint8)
    factors = np.where(moves, shares, 1).ravel()
    tensor.quantization.scale = (scales / factors).astype(np.float32)
    return factors


def _squares(rows):
    return (rows**2).sum(axis=1, keepdims=True)


def _step(kernel):
    """The step of integers up to ``_LARGEST`` that a clustered kernel loses least by."""
    values, counts = np.unique(np.abs(kernel).astype(np.float64), return_counts=True)
    steps = values[-1] / np.arange(_LARGEST, _FEWEST, -0.1)[:, None]
    lost = counts * (np.round(values / steps) * steps - values) ** 2
    return float(steps[np.argmin(lost.sum(axis=1)), 0])


def _scale_bias(model, tensor, factors):
    """Integers of a bias for the scales that the channels have now."""
    buffer = model.buffers[tensor.buffer]
    of_type = {4: np.int32, 8: np.int64}[len(bytes(buffer.data)) // len(factors)]
    values = np.frombuffer(bytes(buffer.data), of_type)
    buffer.data = np.frombuffer(np.round(values * factors).astype(of_type).tobytes(), np.uint8)
    tensor.quantization.scale = (tensor.quantization.scale / factors).astype(np.float32)
