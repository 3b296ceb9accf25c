"""A network of the same connections as another, whose gradient is positive wherever an output depends on a pixel.

All weights are positive, a maximum becomes an average, activations and normalizations are left out. It computes in
float64, which has room for the smallest gradients of a hundred layers.
"""

import functools

import numpy as np

from .layers import by_name

#: Operations that change values, each by itself or with its neighbours, in ways that could hide a gradient.
_PASSED = (
    "activation", "prelu", "clip", "absolute", "negative", "cast", "round", "floor", "ceil", "rescaling",
    "stopgradient",
)  # fmt: skip
#: Operations on two images or more whose gradient could be 0 or negative.
_ADDED = ("subtract", "maximum", "minimum")


def outputs_of_connections(flat, layers, image):
    """What the layers of the network of the same connections put out.

    Args:
        flat: ``zoo.flattening.Flat``.
        layers: names (see ``layers.by_name``).
        image: float64 [1, H, W, C], a tensor or variable.

    Returns:
        Layer → float64 [1, h, w, c].
    """
    values, stand_ins, maps = {id(flat.network.inputs[0]): image}, {}, {}
    for name, step in by_name(flat).items():
        if len(maps) == len(layers):
            break
        if id(step.operation) not in stand_ins:
            stand_ins[id(step.operation)] = _stand_in(step.operation)
        step.run(values, stand_ins[id(step.operation)])
        if name in layers:
            maps[name] = values[id(step.output)]
    return maps


def _stand_in(operation):
    """A function with the arguments of a layer or bare operation; many kinds are there as both, by the same name."""
    import keras

    kind = type(operation).__name__.lower()
    activations = {name.replace("_", "") for name in dir(keras.activations)}
    if kind in _PASSED or kind in activations or (kind.endswith("normalization") and "spectral" not in kind):
        return lambda values, *_, **__: values
    if kind in _ADDED:
        return lambda *images, **_: functools.reduce(keras.ops.add, keras.tree.flatten(images))
    if kind in ("maxpooling2d", "maxpool", "minpooling2d"):
        return lambda values: keras.ops.average_pool(values, operation.pool_size, operation.strides, operation.padding)
    if kind == "globalmaxpooling2d":
        return lambda values: keras.ops.mean(values, (1, 2), keepdims=operation.keepdims)
    return _with_positive_weights(operation) if isinstance(operation, keras.Layer) else operation


def _with_positive_weights(operation):
    from ..zoo.copying import changed

    layer = type(operation).from_config(changed(operation.get_config(), dtype="float64", activation=None))

    def call(*args, training=None, **kwargs):  # whatever the network says, this is no training
        if not layer.built:
            layer(*args, **kwargs)
            # A mean instead of a sum, so that values stay in the range of floats.
            layer.set_weights(
                [np.full(w.shape, 1 / max(np.prod(w.shape[:-1]), 1), w.dtype) for w in layer.get_weights()]
            )
        return layer(*args, **kwargs)

    return call
