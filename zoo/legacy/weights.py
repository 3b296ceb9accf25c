"""The weights of a file of Keras 2 into a network of Keras 3.

A ``.keras`` file has them in the order of the layers, an ``.h5`` file under the layers' names.
"""

import re

import h5py
from keras.src.saving.saving_lib import safe_get_h5_dataset, safe_get_h5_group

from ...common.errors import EdgezooError
from .nodes import name_in_keras_3


def has_order_of(model, config):
    """Whether a model's layers, and those of models in it, come in the order of the configuration that it was made of.

    Args:
        model: ``keras.Model``.
        config: the ``"config"`` of its entry.
    """
    layers = {layer.name: layer for layer in model.layers}
    entries = [entry["config"] for entry in config["layers"] if entry["config"].get("name") in layers]
    return [entry["name"] for entry in entries] == list(layers) and all(
        has_order_of(layers[entry["name"]], entry) for entry in entries if "layers" in entry
    )


def load_hdf5(model, path):
    """Loads the weights of an ``.h5`` file, with or without a model in it, and holds the layers' names together.

    Raises:
        EdgezooError: the layers with weights are others in the file than in the model; the message begins with "its".
        ValueError: a layer's weights do not fit.
    """
    with h5py.File(path) as file:
        stored = list(weights_by_layer(file))
    expected = [layer.name for layer in model.layers if layer.weights]
    if set(stored) != set(expected):
        names = ", ".join(sorted(set(stored) ^ set(expected))[:5])
        raise EdgezooError(f"its weights are not those of its layers: {names} are in only one of both")
    if stored == expected:
        model.load_weights(path)
    else:  # Keras 3 orders the branches of the network in another way
        model.load_weights(path, by_name=True)


def weights_by_layer(file):
    """The weights in an ``.h5`` file, not read: name of each layer that has any, as in Keras 3, → ``h5py.Dataset`` s.

    Args:
        file: ``h5py.File``.

    Raises:
        LookupError, ValueError: it is damaged, or not all of it is in the file itself.
    """
    group = file if "layer_names" in file.attrs or "layer_names0" in file.attrs else file["model_weights"]
    layers = {name: safe_get_h5_group(group, name) for name in _texts(group, "layer_names")}
    found = {
        name_in_keras_3(name): [safe_get_h5_dataset(layer, weight) for weight in _texts(layer, "weight_names")]
        for name, layer in layers.items()
    }
    return {name: weights for name, weights in found.items() if weights}


def _texts(group, name):
    """A list of texts; a long one lies in several attributes, ``name0``, ``name1``, …"""
    keys = [name] if name in group.attrs else [key for key in group.attrs if re.fullmatch(rf"{name}\d+", key)]
    keys.sort(key=lambda key: int(key.removeprefix(name) or 0))
    return [text.decode() if isinstance(text, bytes) else str(text) for key in keys for text in group.attrs[key]]
