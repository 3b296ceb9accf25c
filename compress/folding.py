"""Batch normalization folded into the layers before it."""

import keras
import numpy as np

from ..zoo.flattening import flattened
from .elementary import elementary
from .matrices import has_kernel, matrices, set_matrices


def folded(model):
    """The network that a file in integers has: ``elementary``, and without batch normalization where that can be.

    Behind a convolution or dense layer it becomes part of its kernel and bias. All such layers have a bias.

    Args:
        model: functional or sequential ``keras.Model``, built; it stays as it is.

    Returns:
        Functional ``keras.Model`` in float32, with the names of ``elementary``.

    Raises:
        EdgezooError: as ``elementary``.
    """
    flat = flattened(elementary(model))
    normalizations = _normalizations(flat)
    values, layers = {id(tensor): tensor for tensor in flat.network.inputs}, {}
    for step in flat.steps:
        layer = step.operation
        if layer in normalizations.values():
            values[id(step.output)] = values[id(step.reads[0])]
            continue
        if layer not in layers:
            layers[layer] = (
                _with_bias(layer, step.reads[0].shape, normalizations.get(layer)) if has_kernel(layer) else layer
            )
        step.run(values, layers[layer])
    outputs = keras.tree.map_structure(lambda tensor: values[id(tensor)], flat.network.output)
    network = keras.Model(flat.network.input, outputs, name=model.name)
    return flattened(network).network  # of layers that know of no other call


def _normalizations(flat):
    """Layer with a kernel → the ``BatchNormalization`` that alone reads what it gives, in its one call."""
    calls, readers = {}, {id(tensor): [None] for tensor in flat.network.outputs}
    for step in flat.steps:
        calls.setdefault(step.operation, []).append(step)
        for tensor in step.reads:
            readers.setdefault(id(tensor), []).append(step)
    found = {}
    for layer, (step, *more) in calls.items():
        if has_kernel(layer) and not more:
            (reader, *others) = readers[id(step.output)]
            follower = reader and reader.operation
            is_last_axis = type(follower) is keras.layers.BatchNormalization and follower.axis in (
                -1,
                len(step.output.shape) - 1,
            )
            if is_last_axis and not others and len(calls[follower]) == 1:
                found[layer] = follower
    return found


def _with_bias(layer, shape, normalization):
    """A copy of a layer with a bias; ``normalization`` is folded in, unless it is ``None``."""
    copy = type(layer).from_config({**layer.get_config(), "use_bias": True})
    copy.build(shape)
    copy.kernel.assign(layer.kernel)
    if layer.use_bias:
        copy.bias.assign(layer.bias)
    if normalization is not None:
        factor = 1 / np.sqrt(np.asarray(normalization.moving_variance, np.float64) + normalization.epsilon)
        factor = factor * (1 if normalization.gamma is None else np.asarray(normalization.gamma))
        shift = 0 if normalization.beta is None else np.asarray(normalization.beta)
        set_matrices(copy, matrices(copy) * factor)
        copy.bias.assign((np.asarray(copy.bias) - np.asarray(normalization.moving_mean)) * factor + shift)
    return copy
