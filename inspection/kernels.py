"""What is zero in the kernels of a network, and how many different values they have."""

import os

import numpy as np

from .graph import read_graph

#: Operators whose second input is a kernel.
_WITH_KERNEL = frozenset(("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED"))


def kernels_of(model):
    """Every kernel of a network, as it is stored.

    Args:
        model: ``keras.Model``, built, or the path of a ``.tflite`` file, of which the graph that runs is looked at.

    Returns:
        List of ``{"layer", "kernel", "weights", "zeros", "values"}``: names, number of weights, share of them that is
        zero (of integers: that stands for zero), and number of different values (of integers: of different integers,
        which have a scale in each channel). Of a kernel that cannot be read, such as a sparse one, ``zeros``
        and ``values`` are ``None``.

    Raises:
        EdgezooError: the file cannot be read.
    """
    return _stored(read_graph(model)) if isinstance(model, (str, os.PathLike)) else list(_of_layers(model))


def _of_layers(model):
    import keras

    for layer in model._flatten_layers():
        if isinstance(layer, keras.Model):
            continue
        for weight in layer.weights:
            if "kernel" in weight.name and len(weight.shape) > 1:
                values = np.asarray(weight)
                yield _row(layer.name, weight.name, values.size, values, values == 0)


def _stored(graph):
    # The constants of float16 files stand behind an operator.
    widened = {each.outputs[0]: each.inputs[0] for each in graph.operators if each.op == "DEQUANTIZE"}
    rows = {}
    for operator in graph.operators:
        if operator.op not in _WITH_KERNEL:
            continue
        index = widened.get(operator.inputs[1], operator.inputs[1])
        kernel = graph.tensors[index]
        if kernel.is_constant and index not in rows:
            values = graph.data(index)
            zero = values is not None and values == _zero_points(kernel)
            rows[index] = _row(graph.name_of(operator), kernel.name, kernel.elements, values, zero)
    return list(rows.values())


def _zero_points(kernel):
    if len(kernel.zero_point) < 2:
        return kernel.zero_point[0] if kernel.zero_point else 0
    shape = [1] * len(kernel.shape)
    shape[kernel.quantized_dimension] = -1
    return np.reshape(kernel.zero_point, shape)


def _row(layer, name, weights, values, zero):
    known = values is not None
    return {
        "layer": layer,
        "kernel": name,
        "weights": weights,
        "zeros": float(np.mean(zero)) if known else None,
        "values": len(np.unique(values)) if known else None,
    }
