"""Fully connected networks: the baseline that convolution is compared with."""

from keras import layers

from .arguments import require_choice
from .blocks import classifier, finish, fully_connected, image_input
from .options import shared_options


@shared_options
def FeedForward(
    input_shape=(28, 28, 1), classes=10, *, include_top=True, weights=None,
    units=(128, 64), activation="relu", normalization="batch",
    dropout=0.0, classifier_activation="softmax", name="feed_forward",
):  # fmt: skip
    """Flatten and dense layers: every pixel is its own feature, and where it lies means nothing.

    Args:
        include_top: ``False`` leaves the classifier off; the output is the last hidden layer.
        units: width of each hidden layer; ``()`` gives logistic regression.

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
