"""Convolutions at stride 1, downsampled by pooling: the classic form."""

from .arguments import require_choice
from .blocks import POOLING, Style, dense_head, finish, image_input, stages
from .options import shared_options


@shared_options
def PooledCNN(
    input_shape=(28, 28, 1), classes=10, *, include_top=True, weights=None,
    filters=(16, 32, 64), blocks=1, kernel_size=3, pooling="max", pool_size=2, strides=2,
    units=(64,), dropout=0.0, classifier_activation="softmax", name="pooled_cnn", **style,
):  # fmt: skip
    """Stages of stride-1 convolutions, each closed by a pooling layer; flatten and a fully connected head.

    Args:
        blocks: convolution blocks per stage, one number or one a stage.
        pooling: ``"max"``, ``"average"``, ``"min"``, or ``"blur"``, which keeps answers steady under small shifts.
        pool_size: side of the pooling window in pixels.
        strides: step of the pooling window, one number or one a stage.
        dilation: spacing of the kernel's taps.
        residual: blocks of two convolutions and a shortcut in place of single convolutions.
    """
    require_choice("pooling", pooling, tuple(POOLING))
    style = Style(kernel_size, **style)
    inputs, x = image_input(input_shape, fixed_size=include_top, family="PooledCNN")
    body = {"downsampling": pooling, "pool_size": pool_size, "strides": strides}
    x = stages(x, filters=filters, blocks=blocks, style=style, **body)
    if include_top:
        x = dense_head(x, units=units, style=style, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
