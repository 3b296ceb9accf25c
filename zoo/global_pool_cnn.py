"""Global pooling: one network for images of any size."""

from keras import layers

from .arguments import require_choice
from .blocks import DOWNSAMPLING, GLOBAL_POOLING, Style, classifier, finish, image_input, stages
from .options import shared_options


@shared_options
def GlobalPoolCNN(
    input_shape=(None, None, 1), classes=10, *, include_top=True, weights=None,
    filters=(16, 32, 64), blocks=2, kernel_size=3, downsampling="strided", pool_size=2, strides=2,
    global_pooling="average", dropout=0.0, classifier_activation="softmax", name="global_pool_cnn", **style,
):  # fmt: skip
    """Convolutional stages, then one value a channel over the whole image: a 1×1×c representation and a classifier.

    No weight depends on the image's size, so ``input_shape`` may be ``(None, None, channels)``, and a network built for
    a fixed size gives the same answer as one built for any (Lin et al. 2014, «Network In Network»).

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255); height and width may be ``None``.
            Rescaling is part of the model.
        include_top: ``False`` leaves the classifier off; the output is the ``[batch, 1, 1, c]`` representation.
        downsampling: ``"strided"`` convolutions, or ``"max"``, ``"average"``, ``"min"`` or ``"blur"`` pooling.
        pool_size: side of the pooling window in pixels; unused for ``"strided"``.
        strides: downsampling step, one number or one a stage; 1 keeps the size.
        global_pooling: ``"average"`` or ``"max"`` over the last feature map.
    """
    require_choice("downsampling", downsampling, DOWNSAMPLING)
    require_choice("global_pooling", global_pooling, tuple(GLOBAL_POOLING))
    style = Style(kernel_size, **style)
    inputs, x = image_input(input_shape, fixed_size=False, family="GlobalPoolCNN")
    body = {"downsampling": downsampling, "pool_size": pool_size, "strides": strides}
    x = stages(x, filters=filters, blocks=blocks, style=style, **body)
    x = GLOBAL_POOLING[global_pooling](keepdims=True, name="global_pool")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = classifier(x, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
