"""A model's configuration, from Keras 2's JSON to Keras 3's: names stay, arguments that are gone are left out.

Only text is rewritten; nothing is looked up but layer classes by their names, and nothing is run.
"""

import inspect

import keras

from ...common.errors import EdgezooError
from .nodes import Nodes, name_in_keras_3
from .operations import to_layer
from .source import refuse_code

#: Arguments that Keras 3's layers have no more, with the value at which the layer is the same without them.
_NEUTRAL = {
    "groups": 1,
    "ragged": False,
    "sparse": False,
    "time_major": False,
    "renorm": False,
    "softmax_robust_masking": False,
    "virtual_batch_size": None,
    "batch_size": None,
    "noise_shape": None,
    "input_dtype": None,
}
#: … and those that make no difference to the output, whatever they are.
_WITHOUT_EFFECT = {
    *("trainable", "rng_type", "implementation", "fused", "input_spec"),
    *("kernel_initializer", "kernel_regularizer", "kernel_constraint"),  # of depthwise and separable convolutions
    *("query_shape", "key_shape", "value_shape"),  # of attention, which gets them from its inputs
    *("renorm_clipping", "renorm_momentum"),
}
#: Layers of Keras 2 under the name and arguments of their twins.
_RENAMED = {
    "LeakyReLU": ("LeakyReLU", {"alpha": "negative_slope"}),
    "ThresholdedReLU": ("ReLU", {"theta": "threshold"}),
    "SyncBatchNormalization": ("BatchNormalization", {}),
}
#: Layers inside of others.
_INNER = ("layer", "backward_layer", "cell")


def to_keras_3(entry, custom_objects):
    """The configuration of a model for ``keras.saving.deserialize_keras_object``.

    Args:
        entry: ``{"class_name", "config", …}`` of Keras 2 (a parsed ``config.json`` or ``model_config``); what has
            Keras 3's form already may be among it.
        custom_objects: names and classes of layers that are not Keras'.

    Raises:
        EdgezooError: a layer holds code or has no twin in Keras 3; the message, which begins with "its", names it.
        LookupError, TypeError, AttributeError: it is no configuration.
    """
    refuse_code(entry)
    if entry["class_name"] != "Sequential" and "layers" not in entry["config"]:
        raise EdgezooError("it is no functional or sequential model, so there are no layers to convert")
    return _Translation(custom_objects).entry(entry)


class _Translation:
    def __init__(self, custom_objects):
        self._custom_objects = custom_objects

    def entry(self, entry):
        """A model, or a layer without its calls."""
        kind, config = entry["class_name"], entry["config"]
        if kind == "Sequential":
            return self._sequential(config)
        if {"layers", "input_layers", "output_layers"} <= set(config):  # also of a class derived from Model
            return self._functional(config)
        return self._layer(kind, entry.get("registered_name") or kind, config)

    def _sequential(self, config):
        if isinstance(config, list):  # before Keras 2.2.3
            config = {"name": "sequential", "layers": config}
        layers = list(config["layers"])
        if layers and layers[0]["class_name"] != "InputLayer":
            shape = _input_shape(layers[0]) or config.get("build_input_shape")
            if shape:
                layers.insert(0, {"class_name": "InputLayer", "config": {"batch_input_shape": shape}})
        config = {"layers": [self.entry(layer) for layer in layers], **_named(config)}
        return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}

    def _functional(self, config):
        nodes = Nodes(config["layers"])
        config = {
            **_named(config),
            "layers": [self._connected(layer, nodes) for layer in config["layers"]],
            "input_layers": nodes.ends(config["input_layers"]),
            "output_layers": nodes.ends(config["output_layers"]),
        }
        return {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "config": config,
            "registered_name": "Functional",
        }

    def _connected(self, layer, nodes):
        """A layer of a functional model with its calls."""
        calls = [nodes.call(node) for node in layer["inbound_nodes"]]
        if layer["class_name"] in ("TFOpLambda", "SlicingOpLambda"):
            if len(calls) != 1:
                raise EdgezooError(f"its layer {layer['name']!r} is used {len(calls)} times")
            kind, config, call = to_layer(layer["name"], layer["config"]["function"], calls[0])
            calls = [call]
            dtype = layer["config"].get("dtype")
            layer = {**layer, "class_name": kind, "config": {"name": layer["name"], "dtype": dtype, **config}}
            layer.pop("registered_name", None)
        return {**self.entry(layer), "name": name_in_keras_3(layer["name"]), "inbound_nodes": calls}

    def _layer(self, kind, registered_name, config):
        name = config.get("name", kind)
        config = {key: self._value(key, value) for key, value in config.items()}
        shape = config.pop("batch_input_shape", None)
        if shape and kind == "InputLayer":
            config["batch_shape"] = shape
        elif shape:
            config.pop("input_shape", None)
        if keras.saving.get_registered_object(registered_name, self._custom_objects):
            return {"module": None, "class_name": kind, "config": config, "registered_name": registered_name}
        kind, renamed = _RENAMED.get(kind, (kind, {}))
        cls = getattr(keras.layers, kind, None)
        if not (isinstance(cls, type) and issubclass(cls, keras.layers.Layer)):
            raise EdgezooError(
                f"its layer {name!r} is a {kind}, which is not part of Keras 3; if it is a class of your own, give the "
                "file that defines it with --custom FILE.py"
            )
        config = {renamed.get(key, key): value for key, value in config.items()}
        known = _arguments(cls)
        for key in config.keys() - known - _WITHOUT_EFFECT:
            if key not in _NEUTRAL or config[key] != _NEUTRAL[key]:
                setting = f"{key}={config[key]!r}"
                raise EdgezooError(f"its layer {name!r}, a {kind}, has {setting}, which Keras 3 does not know")
        config = {key: value for key, value in config.items() if key in known}
        return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}

    def _value(self, key, value):
        """The value of a layer's argument."""
        if key == "name" and isinstance(value, str):
            return name_in_keras_3(value)
        if key in _INNER and isinstance(value, dict):
            return self.entry(value)
        if key == "cells" and isinstance(value, list):
            return [self.entry(each) for each in value]
        if key == "dtype" and isinstance(value, dict):  # a policy
            return value["config"]["name"]
        if key == "axis" and isinstance(value, list) and len(value) == 1:
            return value[0]
        if key.endswith("_initializer") and isinstance(value, dict) and isinstance(value.get("config"), dict):
            return {**value, "config": {each: of for each, of in value["config"].items() if each != "dtype"}}
        return value


def _named(config):
    """Name and trainability of a model."""
    named = {key: config[key] for key in ("name", "trainable") if key in config}
    return named | ({"name": name_in_keras_3(named["name"])} if "name" in named else {})


def _input_shape(layer):
    config = layer["config"]
    if "batch_input_shape" in config:
        return config["batch_input_shape"]
    inner = config.get("layers", [])
    return _input_shape(inner[0]) if inner else None


def _arguments(cls):
    """Names of the arguments that a layer class takes, those that it hands on to its base classes included."""
    names = set()
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        names |= {each.name for each in parameters}
        if not any(each.kind is each.VAR_KEYWORD for each in parameters):
            break
    return names - {"self", "args", "kwargs"}
