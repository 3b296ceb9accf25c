"""Global pooling: one network for images of any size."""

from keras import layers

from .arguments import require_choice
from .blocks import DOWNSAMPLING, GLOBAL_POOLING, Style, classifier, finish, image_input, stages


def GlobalPoolCNN(
    input_shape=(None, None, 1),
    classes=10,
    *,
    include_top=True,
    weights=None,
    filters=(16, 32, 64),
    blocks=2,
    kernel_size=3,
    downsampling="strided",
    pool_size=2,
    strides=2,
    global_pooling="average",
    padding="same",
    dilation=1,
    activation="relu",
    normalization="batch",
    residual=False,
    separable=False,
    expansion=1,
    squeeze_excite=False,
    stem_kernel_size=None,
    dropout=0.0,
    classifier_activation="softmax",
    name="global_pool_cnn",
):
    """Convolutional stages, then one value a channel over the whole image: a 1×1×c representation and a classifier.

    No weight depends on the image's size, so ``input_shape`` may be ``(None, None, channels)``, and a network built for
    a fixed size gives the same answer as one built for any (Lin et al. 2014, «Network In Network»).

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255); height and width may be ``None``.
            Rescaling is part of the model.
        classes: number of classes.
        include_top: ``False`` leaves the classifier off; the output is the ``[batch, 1, 1, c]`` representation.
        weights: ``None`` or the path of a weights file of the same architecture.
        filters: width of each stage; its length is the number of stages.
        blocks: convolution blocks per stage, a strided one included; one number or one a stage.
        kernel_size: side of the convolution kernels, an int or a pair.
        downsampling: ``"strided"`` convolutions, or ``"max"``, ``"average"``, ``"min"`` or ``"blur"`` pooling.
        pool_size: side of the pooling window in pixels; unused for ``"strided"``.
        strides: downsampling step, one number or one a stage; 1 keeps the size.
        global_pooling: ``"average"`` or ``"max"`` over the last feature map.
        padding: ``"same"`` or ``"valid"``.
        dilation: spacing of the kernel's taps in the stride-1 convolutions; strided ones are never dilated.
        activation: any Keras activation.
        normalization: ``"batch"`` or ``None``.
        residual: stride-1 blocks of two convolutions and a shortcut in place of single convolutions.
        separable: depthwise and pointwise convolutions in place of full ones (all but the first).
        expansion: widening of the features in front of each depthwise convolution; with ``separable`` and
            ``residual``, 3 to 6 make MobileNetV2's inverted residual blocks.
        squeeze_excite: weigh the channels of each stride-1 block by their means over the image.
        stem_kernel_size: kernel of the very first convolution; ``None`` means ``kernel_size``.
        dropout: rate before the classifier.
        classifier_activation: ``"softmax"``, or ``None`` for logits.
        name: name of the model.

    Returns:
        A functional ``keras.Model``: float32 ``[batch, height, width, channels]`` → ``[batch, classes]``.

    Raises:
        ValueError: an argument is out of range, or the image is too small for the stages; the message says which.
    """
    require_choice("downsampling", downsampling, DOWNSAMPLING)
    require_choice("global_pooling", global_pooling, tuple(GLOBAL_POOLING))
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
    inputs, x = image_input(input_shape, fixed_size=False, family="GlobalPoolCNN")
    x = stages(
        x,
        filters=filters,
        blocks=blocks,
        downsampling=downsampling,
        pool_size=pool_size,
        strides=strides,
        style=style,
    )
    x = GLOBAL_POOLING[global_pooling](keepdims=True, name="global_pool")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = classifier(x, classes=classes, dropout=dropout, activation=classifier_activation)
    return finish(inputs, x, name, weights)
