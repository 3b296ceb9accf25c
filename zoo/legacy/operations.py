"""Bare TensorFlow operations in a functional model of Keras 2, such as those of ``preprocess_input``, as layers.

Keras 2 keeps ``x / 127.5`` as a layer ``TFOpLambda`` with the name of TensorFlow's function, which its loader would
look up and call, whatever it is. Here the known ones become layers; nothing is looked up.
"""

import numpy as np

from ...common.errors import EdgezooError
from .nodes import is_tensor

_ARITHMETIC = {
    "math.add": "Add",
    "__operators__.add": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "math.truediv": "Divide",
    "math.divide": "Divide",
}
_ACTIVATIONS = {
    **{f"nn.{name}": name for name in ("relu", "relu6", "elu", "selu", "sigmoid", "tanh", "softmax", "softplus")},
    **{f"math.{name}": name for name in ("sigmoid", "tanh", "softplus", "exp")},
    "nn.silu": "silu",
    "nn.swish": "silu",
}
_ACTIVATIONS["math.exp"] = "exponential"


def to_layer(name, function, call):
    """The layer that does what a TensorFlow function does.

    Args:
        name: of the layer.
        function: dotted name without ``tf.``, as Keras 2 writes it.
        call: its one call, as from ``Nodes.call``.

    Returns:
        ``(class name, configuration without its name, call)``.

    Raises:
        EdgezooError: there is no such layer.
    """
    argument, named = call["args"][0], call["kwargs"]
    found = None
    if function in _ARITHMETIC and set(named) == {"y"}:
        found = arithmetic(_ARITHMETIC[function], argument, named["y"])
    elif function in _ACTIVATIONS and not named:
        found = "Activation", {"activation": _ACTIVATIONS[function]}, argument
    elif function == "concat" and isinstance(argument, list):
        found = "Concatenate", {"axis": named.get("axis", 0)}, argument
    elif function == "reshape" and _is_batch_of_fixed_size(named.get("shape")):
        found = "Reshape", {"target_shape": named["shape"][1:]}, argument
    elif function == "cast" and named.get("dtype") == "float32":
        found = "Rescaling", {"scale": 1.0, "offset": 0.0}, argument
    elif function == "math.reduce_mean" and named.get("axis") == [1, 2]:
        found = "GlobalAveragePooling2D", {"keepdims": bool(named.get("keepdims"))}, argument
    if found is None:
        raise EdgezooError(f"its layer {name!r} calls tf.{function}, which no layer of Keras 3 stands for here")
    kind, config, argument = found
    return kind, config, {"args": [argument], "kwargs": {}}


def arithmetic(operator, x, y, is_tensor=is_tensor):
    """The layer for an operation on two tensors, or on a tensor and a constant.

    Args:
        operator: ``"Add"``, ``"Subtract"``, ``"Multiply"`` or ``"Divide"``.
        x, y: tensors, or numbers in nested lists.
        is_tensor: function that tells which.

    Returns:
        ``(class name, configuration, argument)``: of two tensors a merging layer, of a tensor and a constant a
        ``Rescaling``; ``None`` if there is neither.
    """
    if is_tensor(x) and is_tensor(y):
        return None if operator == "Divide" else (operator, {}, [x, y])
    constant_first = is_tensor(y)
    tensor, constant = (y, x) if constant_first else (x, y)
    if not is_tensor(tensor) or not _is_numbers(constant):
        return None
    number = np.asarray(constant, np.float64)
    match operator, constant_first:
        case "Add", _:
            scale, offset = 1.0, number
        case "Multiply", _:
            scale, offset = number, 0.0
        case "Subtract", False:
            scale, offset = 1.0, -number
        case "Subtract", True:
            scale, offset = -1.0, number
        case "Divide", False if number.all():
            scale, offset = 1 / number, 0.0
        case _:
            return None
    return "Rescaling", {"scale": np.asarray(scale).tolist(), "offset": np.asarray(offset).tolist()}, tensor


def _is_numbers(value):
    if isinstance(value, list):
        return bool(value) and all(map(_is_numbers, value))
    return isinstance(value, (int, float))


def _is_batch_of_fixed_size(shape):
    return isinstance(shape, list) and shape[:1] == [-1] and all(isinstance(side, int) for side in shape)
