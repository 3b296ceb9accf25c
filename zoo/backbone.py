"""Backbones: the networks that people start from, for images of any size."""

import functools

import keras
from keras import layers

from .arguments import require_choice
from .blocks import MOMENTUM, classifier, finish, image_input
from .efficientnet_lite import efficientnet_lite0
from .imagenet import IMAGENET, fetch_weights
from .options import shared_options
from .starting import start_from

#: Network → the function that makes its body, what it takes, and the pixels that it is made for: scale and offset.
_MINIMALISTIC = {"minimalistic": True, "include_preprocessing": False}
_TO_ONE = 1 / 127.5, -1
NETWORKS = {
    "MobileNet": (keras.applications.MobileNet, {}, _TO_ONE),
    "MobileNetV2": (keras.applications.MobileNetV2, {}, _TO_ONE),
    "MobileNetV3Small": (keras.applications.MobileNetV3Small, _MINIMALISTIC, _TO_ONE),
    "MobileNetV3Large": (keras.applications.MobileNetV3Large, _MINIMALISTIC, _TO_ONE),
    "EfficientNetLite0": (efficientnet_lite0, {}, (1 / 128, -127 / 128)),
}


@shared_options
def Backbone(
    input_shape=(96, 96, 3), classes=10, *, include_top=True, weights=None,
    network="MobileNet", alpha=1.0, dropout=0.0, classifier_activation="softmax", name="backbone",
):  # fmt: skip
    """A network out of ``keras.applications``, or EfficientNet-Lite0, made for the edge: start from ImageNet's weights.

    Layers have Keras' names, so that published weights fit. All operators have int8 kernels: MobileNetV3 is the
    minimalistic form, without squeeze-and-excite and hard swish. Two things differ from Keras' networks, without a
    change in what they compute of images whose sides halve evenly (32, 64, 96, 128, 160, 192, 224): strided
    convolutions pad by themselves, where Keras has a layer that copies the features into larger ones, and batch
    normalization has a momentum that short trainings can follow.

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255); height and width may be ``None``. Bringing
            pixels to the range of the published weights is part of the model.
        include_top: ``False`` leaves the classifier off; the output is the ``[batch, 1, 1, c]`` representation.
        weights: ``None``, ``"imagenet"``, or the path of a weights file, whose classifier may be for other classes. A
            network of one channel gets the sums over the three colours' kernels: it answers to a gray image as the
            original does.
        network: ``"MobileNet"``, ``"MobileNetV2"``, ``"MobileNetV3Small"``, ``"MobileNetV3Large"`` or
            ``"EfficientNetLite0"``.
        alpha: width multiplier of the stages.

    Raises:
        ValueError: an argument is out of range; the message says which.
        EdgezooError: the weights cannot be had, or are those of another network.
    """
    require_choice("network", network, tuple(NETWORKS))
    if not isinstance(alpha, (int, float)) or not 0 < alpha <= 4:
        raise ValueError(f"`alpha` must be a number above 0, up to 4. Received: alpha={alpha!r}")
    application, options, pixels = NETWORKS[network]
    options = {**options, "include_top": False, "weights": None, "alpha": alpha}
    of_pixels = functools.partial(image_input, fixed_size=False, family="Backbone", pixels=pixels)
    inputs, _ = of_pixels(input_shape)
    published = fetch_weights(network, alpha, inputs.shape[1:3]) if weights == IMAGENET else None
    _, x = of_pixels((None, None, input_shape[2]))  # with the padding that is taken out, small images would not do
    x = _trimmed(application(input_tensor=x, **options), inputs)
    x = layers.GlobalAveragePooling2D(keepdims=True, name="global_pool")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = classifier(x, classes=classes, dropout=dropout, activation=classifier_activation)
    model = finish(inputs, x, name, None if published else weights)
    if published:
        start_from(model, published, IMAGENET)
    return model


def _trimmed(body, image):
    """What a copy of a network of ``keras.applications`` makes of an image, with the padding in its convolutions.

    In front of a strided convolution Keras pads odd sides by (1, 1) and even ones by (0, 1), which is ``"same"``; but
    MobileNet pads odd ones, too, by (0, 1), and all do where the size is open.
    """

    def copied(layer):
        config = layer.get_config()
        before = getattr(layer.input, "_keras_history", None)
        if isinstance(layer, layers.DepthwiseConv2D) and isinstance(before.operation, layers.ZeroPadding2D):
            config["padding"] = "same"
        elif isinstance(layer, layers.BatchNormalization):
            config["momentum"] = MOMENTUM
        elif isinstance(layer, layers.ReLU) and config["name"].startswith("re_lu"):  # counted up by Keras
            config["name"] = f"{before.operation.name}_relu"
        return type(layer).from_config(config)

    def call(layer, inputs, **options):
        return inputs if isinstance(layer, layers.ZeroPadding2D) else layer(inputs, **options)

    return keras.models.clone_model(body, [image], copied, call).outputs[0]
