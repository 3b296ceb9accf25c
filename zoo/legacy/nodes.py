"""How layers are connected: the nodes of a functional model, from Keras 2's form to Keras 3's.

Keras 2 writes a tensor as ``[layer, node, index]`` or ``[layer, node, index, {keyword arguments}]``, a call as one of
these or as a list of them, and a constant as ``["_CONSTANT_VALUE", -1, value, {…}]``. Keras 3 writes a call's arguments
as they are, with ``__keras_tensor__`` in the places of tensors.
"""

_CONSTANT = "_CONSTANT_VALUE"


def name_in_keras_3(name):
    """A layer's name, without the slashes that Keras 3 does not allow in it (``Conv/BatchNorm``)."""
    return name.replace("/", "_")


def is_tensor(value):
    """Whether an argument of a call, in Keras 3's form, is a tensor."""
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


class Nodes:
    """The nodes of one functional model.

    Args:
        layers: the model's layers as Keras 2 configures them.
    """

    def __init__(self, layers):
        self._names = {layer["name"] for layer in layers}
        # In Keras 2 a model that is used as a layer has, first of all, the node that it was itself made with.
        self._own_nodes = {layer["name"]: 1 for layer in layers if _starts_with_input(layer)}
        self._sequential = {layer["name"] for layer in layers if layer["class_name"] == "Sequential"}

    def call(self, node):
        """A call of a layer as ``{"args", "kwargs"}``."""
        if isinstance(node, dict) and set(node) == {"args", "kwargs"}:  # Keras 3's form already
            return node
        first = next(self._leaves(node), ["", 0, 0])
        named = first[3] if len(first) == 4 else {}
        kwargs = {key: self._value(value) for key, value in named.items() if value is not None}
        argument = self._value(node)
        if isinstance(argument, list) and len(argument) == 1:
            argument = argument[0]
        return {"args": [argument], "kwargs": kwargs}

    def ends(self, tensors):
        """Inputs or outputs of the model; a list of one is that one, so that a single tensor comes of the model."""
        if self._is_leaf(tensors):
            name, node, index = tensors[:3]
            # Keras 3 knows of the first node of a functional model here, but not of a sequential one.
            own = self._own_nodes.get(name, 0) if name in self._sequential else 0
            return [name_in_keras_3(name), node - own, index]
        if isinstance(tensors, dict):
            return {key: self.ends(value) for key, value in tensors.items()}
        return self.ends(tensors[0]) if len(tensors) == 1 else [self.ends(each) for each in tensors]

    def _is_leaf(self, value):
        return (
            isinstance(value, list)
            and len(value) in (3, 4)
            and isinstance(value[0], str)
            and (value[0] in self._names or value[0] == _CONSTANT)
        )

    def _leaves(self, value):
        if self._is_leaf(value):
            yield value
        elif isinstance(value, (list, dict)):
            for each in value.values() if isinstance(value, dict) else value:
                yield from self._leaves(each)

    def _value(self, value):
        if self._is_leaf(value):
            name, node, index = value[:3]
            return index if name == _CONSTANT else self._tensor(name, node, index)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if isinstance(value, dict):
            return {key: self._value(each) for key, each in value.items()}
        return value

    def _tensor(self, name, node, index):
        history = [name_in_keras_3(name), node - self._own_nodes.get(name, 0), index]
        # Keras looks the tensor up by its history; shape and type are those of what it finds.
        return {"class_name": "__keras_tensor__", "config": {"shape": [], "dtype": "float32", "keras_history": history}}


def _starts_with_input(layer):
    layers = layer["config"].get("layers") if isinstance(layer["config"], dict) else layer["config"]
    return bool(layers) and layers[0]["class_name"] == "InputLayer"
