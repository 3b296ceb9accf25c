"""A network from its plan: the twin, of Keras 2, or one of elementary layers, of Keras 3."""

from .activations import ACTIVATIONS


def build(keras, document):
    """A functional model as a plan says.

    Args:
        keras: the module ``tf_keras``.
        document: ``Plan.document``.

    Returns:
        ``(model, layers)``: ``tf_keras.Model``, and its layers by name, in the order of the plan.
    """
    # Random draws come from variables then, so that a training can go on with them.
    keras.backend.experimental.enable_tf_random_generator()
    for name, function in ACTIVATIONS.items():
        keras.saving.get_custom_objects()[name] = function
    layers = {each["name"]: _layer(keras, each) for each in document["layers"]}
    inputs, outputs = connected(keras, document, layers)
    fuse(layers, False)
    return keras.Model(inputs, outputs, name=document["name"]), layers


def fuse(layers, wanted):
    """Whether a twin's normalizations of feature maps are TensorFlow's one kernel.

    A training step takes half the time with it; its rounding is another, which adds up in deep networks.
    """
    for each in layers.values():
        if hasattr(each, "_data_format"):  # which Keras 2 gives those that it can be
            each.fused = wanted


def connected(keras, document, layers):
    """The ends of a network of layers that are called as a plan says.

    Args:
        keras: the module ``keras`` or ``tf_keras``.
        document: ``Plan.document``.
        layers: its layers by name, or what stands in for them; what has the name of an input is called on that.

    Returns:
        ``(inputs, outputs)``: lists of symbolic tensors.
    """
    inputs = [keras.Input(each["shape"], name=each["name"]) for each in document["inputs"]]
    tensors = [layers[each.name](each) if each.name in layers else each for each in inputs]
    for call in document["calls"]:
        reads = [tensors[number] for number in call["reads"]]
        tensors.append(layers[call["layer"]](reads if len(reads) > 1 else reads[0]))
    return inputs, [tensors[number] for number in document["outputs"]]


def set_weights(layers, document, weights):
    """Gives layers their weights.

    Args:
        layers: the plan's, by name, built.
        document: ``Plan.document``.
        weights: arrays of all layers, in the order of the plan.
    """
    weights = iter(weights)
    for each in document["layers"]:
        if each["weights"]:
            layers[each["name"]].set_weights([next(weights) for _ in each["weights"]])


def _layer(keras, entry):
    layer = getattr(keras.layers, entry["class_name"])(name=entry["name"], **entry["config"])
    if entry["class_name"] == "BatchNormalization":
        # The fused kernel corrects the variance that is averaged by n / (n - 1), which Keras 3 does not; taken back.
        layer._bessels_correction_test_only = False
    return layer
