"""Copies of layers and of whole models, in another precision where that is asked for."""

import keras

from .endings import PROBABILITIES, activation_of


def clone(model, convert):
    """A copy of a model with the same structure and weights, made of copies of its layers; its batch is open.

    Args:
        model: functional or sequential ``keras.Model``, built.
        convert: function from a layer or bare operation to its copy, such as ``copied``.
    """
    inputs = None
    if model.inputs[0].shape[0] is not None:
        opened = [keras.Input(each.shape[1:], dtype=each.dtype, name=each.name) for each in model.inputs]
        inputs = as_input(model, opened)
    copy = keras.models.clone_model(model, inputs, convert, recursive=True)
    set_weights(copy, model.get_weights())
    return copy


def as_input(model, tensors):
    """A list of tensors, one for each input, in the structure that a model is called with: alone, a list, a dict.

    Args:
        model: functional or sequential ``keras.Model``.
        tensors: values or ``KerasTensor`` objects in the order of ``model.inputs``.
    """
    # Of a Sequential, Keras knows `inputs` but not `input`.
    structure = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    return keras.tree.pack_sequence_as(structure, tensors)


def set_weights(layer, weights):
    """``layer.set_weights``, of layers of normalization too, which compute with copies of theirs."""
    layer.set_weights(weights)
    for each in layer._flatten_layers():
        if isinstance(each, keras.layers.Normalization):
            each.finalize_state()


def copied(operation, policy=None, *, keep_activation=True):
    """A layer or bare operation of its own with the same configuration, not built.

    Args:
        operation: ``keras.Operation``.
        policy: dtype policy of the copy, and of layers that it wraps; ``None`` for the original's.
        keep_activation: whether it applies the softmax or sigmoid that the original ends in.
    """
    config = operation.get_config()
    if not keep_activation and activation_of(operation) in PROBABILITIES:
        if type(operation).__name__ in ("Softmax", "Sigmoid", "Activation"):
            return keras.layers.Identity()
        config["activation"] = None
    # The type of an input, and of a bare operation, is what it is given or makes.
    if policy and isinstance(operation, keras.Layer) and not isinstance(operation, keras.layers.InputLayer):
        config = changed(config, dtype=policy)
    return type(operation).from_config(config)


def changed(config, **values):
    """A layer's configuration with other values where it has such keys, those of layers that it wraps included."""
    return {
        key: values[key] if key in values else changed(value, **values) if isinstance(value, dict) else value
        for key, value in config.items()
    }
