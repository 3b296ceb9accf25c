"""The twin: a network of Keras 2 from its plan."""

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
    tensors = [keras.Input(each["shape"], name=each["name"]) for each in document["inputs"]]
    inputs = list(tensors)
    layers = {each["name"]: _layer(keras, each) for each in document["layers"]}
    for call in document["calls"]:
        reads = [tensors[number] for number in call["reads"]]
        tensors.append(layers[call["layer"]](reads if len(reads) > 1 else reads[0]))
    model = keras.Model(inputs, [tensors[number] for number in document["outputs"]], name=document["name"])
    return model, [(layers[each["name"]], len(each["weights"])) for each in document["layers"]]


def _layer(keras, entry):
    layer = getattr(keras.layers, entry["class_name"])(name=entry["name"], **entry["config"])
    if entry["class_name"] == "BatchNormalization":
        # The fused kernel corrects the variance that is averaged by n / (n - 1), which Keras 3 does not.
        layer.fused = False
    return layer
