"""Strided convolutions as learned downsampling: no pooling layer inside."""

from .blocks import Style, dense_head, finish, image_input, stages


def StridedCNN(
    input_shape=(28, 28, 1),
    classes=10,
    *,
    include_top=True,
    weights=None,
    filters=(16, 32, 64),
    blocks=1,
    kernel_size=3,
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
    name="strided_cnn",
):
    """Stages that open with a strided convolution; flatten and a fully connected head (Springenberg et al. 2015,
    «Striving for Simplicity: The All Convolutional Net»).

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255), fixed; rescaling is part of the model.
        classes: number of classes.
        include_top: ``False`` leaves the head off; the output is the last feature map.
        weights: ``None`` or the path of a weights file of the same architecture.
        filters: width of each stage; its length is the number of stages.
        blocks: convolution blocks per stage, the strided one included; one number or one a stage.
        kernel_size: side of the convolution kernels, an int or a pair.
        strides: stride of each stage's first convolution, one number or one a stage; 1 keeps the size.
        padding: ``"same"`` or ``"valid"``.
        dilation: spacing of the kernel's taps in the stride-1 convolutions; the strided ones are never dilated.
        activation: any Keras activation.
        normalization: ``"batch"`` or ``None``.
        residual: stride-1 blocks of two convolutions and a shortcut in place of single convolutions.
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
    inputs, x = image_input(input_shape, fixed_size=include_top, family="StridedCNN")
    x = stages(
        x,
        filters=filters,
        blocks=blocks,
        downsampling="strided",
        pool_size=1,
        strides=strides,
        style=style,
    )
    if include_top:
        x = dense_head(x, units=units, style=style, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
