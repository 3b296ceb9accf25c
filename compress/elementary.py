"""A network of elementary layers: each is one operator in a file, or is folded into that of the one in front."""

import keras

from ..common.errors import EdgezooError
from ..zoo.endings import graph_of
from .building import connected, set_weights
from .places import layer_in_floats
from .plan import plan_of
from .twin import in_order, weights_of


def elementary(model):
    """The same network with one layer for each operator that a file has, so that each tensor between two can be had.

    An activation inside of a layer becomes a layer behind it, a separable convolution a depthwise one and one of 1×1,
    minimum pooling a maximum between two changes of sign, blurring a depthwise convolution, a bare operation a layer;
    models in it are unfolded. What only augments in training is left out. A layer keeps its name, that of a layer of a
    nested model stands behind the model's (``"backbone_conv_1"``), and what comes behind it is named after it
    (``"conv_1_relu"``). It is the network that ``Twin`` has, in Keras 3.

    Args:
        model: functional or sequential ``keras.Model``, built; it stays as it is.

    Returns:
        Functional ``keras.Model`` in float32 with the same weights, inputs in a list if there are several, and outputs
        in the original's structure.

    Raises:
        EdgezooError: it has a layer that cannot be taken apart here, or one without integer form, which the message
            names.
    """
    plan = plan_of(model)
    if layer := layer_in_floats(plan.document):
        raise EdgezooError(
            f"{model.name} cannot be trained for int8: its layer {layer} would stay in floats in an int8 file; replace "
            "it, by batch normalization or ReLU for instance."
        )
    layers = {each["name"]: _layer(each) for each in plan.document["layers"]}
    inputs, outputs = connected(keras, plan.document, layers)
    set_weights(layers, plan.document, in_order(weights_of(model, plan), plan))
    outputs = keras.tree.pack_sequence_as(graph_of(model).output, outputs)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs, name=plan.document["name"])


def _layer(entry):
    config = entry["config"]
    if entry["class_name"] == "LeakyReLU":
        config = {("negative_slope" if key == "alpha" else key): value for key, value in config.items()}
    return getattr(keras.layers, entry["class_name"])(name=entry["name"], **config)
