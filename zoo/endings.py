"""How a network ends: which operation gives its scores, and through which activation."""

from ..common.quiet import import_keras

#: Activations whose results are probabilities.
PROBABILITIES = ("softmax", "sigmoid")
#: Layers and bare operations that hand on what they get, perhaps in another shape or type, or rounded.
_IDLE = frozenset(("Flatten", "Reshape", "Squeeze", "ExpandDims", "Identity", "Cast", "Dropout", "FakeQuantize"))


def graph_of(layer):
    """The graph of a functional or sequential model, ``None`` for any other layer."""
    layer = getattr(layer, "_functional", None) or layer  # a Sequential wraps one
    return layer if hasattr(layer, "_nodes_by_depth") else None


def last_operation(model):
    """The layer or bare operation that gives a model's first output, inside nested models too; reshaping is none."""
    keras, tensor = import_keras(), graph_of(model).outputs[0]
    while True:
        operation = tensor._keras_history.operation
        nested = graph_of(operation)
        if nested is not None:
            return last_operation(nested)
        if isinstance(operation, keras.layers.InputLayer):
            return operation
        before = keras.tree.flatten(operation._inbound_nodes[tensor._keras_history.node_index].input_tensors)
        if activation_of(operation) != "linear" or type(operation).__name__ not in (*_IDLE, "Activation"):
            return operation
        (tensor,) = before


def activation_of(operation):
    """Name of what a layer or bare operation applies last, ``"linear"`` for nothing."""
    kind = type(operation).__name__
    if kind in ("Softmax", "Sigmoid"):  # the layer and the bare operation have the same name
        return kind.lower()
    activation = getattr(operation, "activation", None)
    return "linear" if activation is None else getattr(activation, "__name__", type(activation).__name__)
