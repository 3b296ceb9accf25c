"""A network from its plan: the twin, of Keras 2, or one of elementary layers, of Keras 3."""

from .activations import ACTIVATIONS


def build(keras, document):
    """A functional model as a plan says.

    Args:
        keras: the module ``tf_keras``.
        document: ``Plan.document``.

    Returns:
        ``(model, layers)``: ``tf_keras.Model``, and pairs of a layer and the number of its weights, in the order of the
        plan.
    """
    for name, function in ACTIVATIONS.items():
        keras.saving.get_custom_objects()[name] = function

    def make(class_name, **config):
        layer = getattr(keras.layers, class_name)(**config)
        if class_name == "BatchNormalization":
            # The fused kernel corrects the variance that is averaged by n / (n - 1), which Keras 3 does not.
            layer.fused = False
        return layer

    inputs, outputs, layers = connected(keras, document, make)
    return keras.Model(inputs, outputs, name=document["name"]), layers


def connected(keras, document, make):
    """The tensors and layers of a plan.

    Args:
        keras: the module ``keras`` or ``tf_keras``.
        document: ``Plan.document``.
        make: function that makes a layer, of the name of its class and its arguments.

    Returns:
        ``(inputs, outputs, layers)``: lists of symbolic tensors, and pairs of a layer and the number of its weights, in
        the order of the plan.
    """
    tensors = [keras.Input(each["shape"], name=each["name"]) for each in document["inputs"]]
    inputs = list(tensors)
    layers = {
        each["name"]: make(each["class_name"], name=each["name"], **each["config"]) for each in document["layers"]
    }
    for call in document["calls"]:
        reads = [tensors[number] for number in call["reads"]]
        tensors.append(layers[call["layer"]](reads if len(reads) > 1 else reads[0]))
    outputs = [tensors[number] for number in document["outputs"]]
    return inputs, outputs, [(layers[each["name"]], len(each["weights"])) for each in document["layers"]]
