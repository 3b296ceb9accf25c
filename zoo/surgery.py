"""The end of a classifier: probabilities or logits."""

import keras


def operations_of(model):
    """The layers and bare operations of a functional or sequential model, in Keras' order."""
    return model.layers if isinstance(model, keras.Sequential) else model.operations


def last_operation(model):
    """The layer or operation whose output is the model's, inside nested models too."""
    last = operations_of(model)[-1]
    return last_operation(last) if isinstance(last, keras.Model) else last


def is_softmax(operation):
    """Whether a layer or operation is a softmax, or ends in one."""
    # The layer and the bare operation have the same name.
    return type(operation).__name__ == "Softmax" or getattr(operation, "activation", None) is keras.activations.softmax


def with_logits(model, *, inputs=None, prefix=""):
    """A copy with the same weights that ends in logits where ``model`` ends in probabilities.

    Gradients of a probability near 1 vanish; those of its logit do not.

    Args:
        model: functional or sequential ``keras.Model``.
        inputs: the tensor that the copy works on; ``None`` for a new input.
        prefix: of the copy's layers' names.
    """
    last = last_operation(model)

    def convert(layer):
        config = {**layer.get_config(), "name": f"{prefix}{layer.name}"}
        if layer is last and is_softmax(layer):
            if isinstance(layer, keras.layers.Softmax):
                return keras.layers.Identity(name=config["name"])
            config["activation"] = None
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, inputs, convert, recursive=True)
    copy.set_weights(model.get_weights())
    return copy
