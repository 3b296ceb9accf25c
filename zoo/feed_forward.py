"""Fully connected networks: the baseline that convolution is compared with."""

from keras import layers

from .arguments import require_choice
from .blocks import classifier, finish, fully_connected, image_input


def FeedForward(
    input_shape=(28, 28, 1),
    classes=10,
    *,
    include_top=True,
    weights=None,
    units=(128, 64),
    activation="relu",
    normalization="batch",
    dropout=0.0,
    classifier_activation="softmax",
    name="feed_forward",
):
    """Flatten and dense layers: every pixel is its own feature, and where it lies means nothing.

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255); rescaling is part of the model.
        classes: number of classes.
        include_top: ``False`` leaves the classifier off; the output is the last hidden layer.
        weights: ``None`` or the path of a weights file of the same architecture.
        units: width of each hidden layer; ``()`` gives logistic regression.
        activation: any Keras activation.
        normalization: ``"batch"`` or ``None``.
        dropout: rate before the classifier.
        classifier_activation: ``"softmax"``, or ``None`` for logits.
        name: name of the model.

    Returns:
        A functional ``keras.Model``: float32 ``[batch, height, width, channels]`` → ``[batch, classes]``.

    Raises:
        ValueError: an argument is out of range; the message names it.
    """
    require_choice("normalization", normalization, ("batch", None))
    inputs, x = image_input(input_shape, fixed_size=True, family="FeedForward")
    x = layers.Flatten(name="flatten")(x)
    x = fully_connected(x, units, activation, normalization)
    if include_top:
        x = classifier(x, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
