"""Strided convolutions as learned downsampling: no pooling layer inside."""

from .blocks import Style, dense_head, finish, image_input, stages
from .options import shared_options


@shared_options
def StridedCNN(
    input_shape=(28, 28, 1), classes=10, *, include_top=True, weights=None,
    filters=(16, 32, 64), blocks=1, kernel_size=3, strides=2,
    units=(64,), dropout=0.0, classifier_activation="softmax", name="strided_cnn", **style,
):  # fmt: skip
    """Stages that open with a strided convolution; flatten and a fully connected head (Springenberg et al. 2015,
    «Striving for Simplicity: The All Convolutional Net»).

    Args:
        blocks: convolution blocks per stage, the strided one included; one number or one a stage.
        strides: stride of each stage's first convolution, one number or one a stage; 1 keeps the size.
        padding: ``"same"`` or ``"valid"``.
    """
    style = Style(kernel_size, **style)
    inputs, x = image_input(input_shape, fixed_size=include_top, family="StridedCNN")
    x = stages(x, filters=filters, blocks=blocks, downsampling="strided", pool_size=1, strides=strides, style=style)
    if include_top:
        x = dense_head(x, units=units, style=style, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
