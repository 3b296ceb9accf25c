"""Convolutions at stride 1, downsampled by pooling: the classic form."""

from .arguments import require_choice
from .blocks import POOLING, Style, dense_head, finish, image_input, stages


def PooledCNN(
    input_shape=(28, 28, 1),
    classes=10,
    *,
    include_top=True,
    weights=None,
    filters=(16, 32, 64),
    blocks=1,
    kernel_size=3,
    pooling="max",
    pool_size=2,
    strides=2,
    padding="same",
    dilation=1,
    activation="relu",
    normalization="batch",
    residual=False,
    separable=False,
    expansion=1,
    squeeze_excite=False,
    stem_kernel_size=None,
    units=(64,),
    dropout=0.0,
    classifier_activation="softmax",
    name="pooled_cnn",
):
    """Stages of stride-1 convolutions, each closed by a pooling layer; flatten and a fully connected head.

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255), fixed; rescaling is part of the model.
        classes: number of classes.
        include_top: ``False`` leaves the head off; the output is the last feature map.
        weights: ``None`` or the path of a weights file of the same architecture.
        filters: width of each stage; its length is the number of stages.
        blocks: convolution blocks per stage, one number or one a stage.
        kernel_size: side of the convolution kernels, an int or a pair.
        pooling: ``"max"``, ``"average"``, ``"min"``, or ``"blur"``, which keeps answers steady under small shifts.
        pool_size: side of the pooling window in pixels.
        strides: step of the pooling window, one number or one a stage.
        padding: ``"same"`` or ``"valid"``, for convolutions and pooling alike.
        dilation: spacing of the kernel's taps.
        activation: any Keras activation.
        normalization: ``"batch"`` or ``None``.
        residual: blocks of two convolutions and a shortcut in place of single convolutions.
        separable: depthwise and pointwise convolutions in place of full ones (all but the first).
        expansion: widening of the features in front of each depthwise convolution; with ``separable`` and
            ``residual``, 3 to 6 make MobileNetV2's inverted residual blocks.
        squeeze_excite: weigh the channels of each stride-1 block by their means over the image.
        stem_kernel_size: kernel of the very first convolution; ``None`` means ``kernel_size``.
        units: widths of the fully connected layers before the classifier; ``()`` for none.
        dropout: rate before the classifier.
        classifier_activation: ``"softmax"``, or ``None`` for logits.
        name: name of the model.

    Returns:
        A functional ``keras.Model``: float32 ``[batch, height, width, channels]`` → ``[batch, classes]``.

    Raises:
        ValueError: an argument is out of range, or the image is too small for the stages; the message says which.
    """
    require_choice("pooling", pooling, tuple(POOLING))
    style = Style(
        kernel_size=kernel_size,
        padding=padding,
        dilation=dilation,
        activation=activation,
        normalization=normalization,
        residual=residual,
        separable=separable,
        expansion=expansion,
        squeeze_excite=squeeze_excite,
        stem_kernel_size=stem_kernel_size,
    )
    inputs, x = image_input(input_shape, fixed_size=include_top, family="PooledCNN")
    x = stages(
        x,
        filters=filters,
        blocks=blocks,
        downsampling=pooling,
        pool_size=pool_size,
        strides=strides,
        style=style,
    )
    if include_top:
        x = dense_head(x, units=units, style=style, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
