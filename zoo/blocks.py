"""The parts that the convolutional families are made of."""

import dataclasses
import os

import keras
from keras import layers

from .arguments import pair, per_stage, require_choice, require_positive
from .layers import BlurPooling2D, MinPooling2D

POOLING = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D, "min": MinPooling2D, "blur": BlurPooling2D}
DOWNSAMPLING = ("strided", *POOLING)
GLOBAL_POOLING = {"average": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}
#: Of batch normalization. With Keras' 0.99 the averages need some 500 steps to forget their initial values, more than
#: an epoch of a small data set has.
MOMENTUM = 0.9


@dataclasses.dataclass(frozen=True)
class Style:
    """What all convolutions of one network have in common; ``options.py`` says what the options mean."""

    kernel_size: int | tuple
    padding: str = "same"
    dilation: int = 1
    activation: str = "relu"
    normalization: str | None = "batch"
    residual: bool = False
    separable: bool = False
    expansion: int = 1
    squeeze_excite: bool = False
    stem_kernel_size: int | tuple | None = None

    def __post_init__(self):
        require_choice("padding", self.padding, ("same", "valid"))
        require_choice("normalization", self.normalization, ("batch", None))
        require_positive("dilation", self.dilation)
        require_positive("expansion", self.expansion)
        if self.expansion > 1 and not self.separable:
            raise ValueError(
                "`expansion` widens the depthwise convolution and so needs separable=True. "
                f"Received: expansion={self.expansion!r}, separable={self.separable!r}"
            )


def image_input(input_shape, *, fixed_size, family, pixels=(1 / 255, 0)):
    """The input tensor (raw pixels 0–255, float) and its first layer, which rescales them, to 0–1 where not told.

    Args:
        input_shape: ``(height, width, channels)``; height and width may be ``None`` unless ``fixed_size``.
        fixed_size: whether the network needs to know height and width.
        family: name of the builder, for the message.
        pixels: scale and offset of the rescaling.

    Returns:
        ``(inputs, x)``, both of shape ``[batch, height, width, channels]``.
    """
    shape = tuple(input_shape)
    if len(shape) != 3 or not (isinstance(shape[2], int) and shape[2] > 0):
        raise ValueError(f"`input_shape` must be (height, width, channels). Received: input_shape={input_shape!r}")
    if fixed_size and None in shape:
        raise ValueError(
            f"{family} flattens its features and needs a fixed height and width; GlobalPoolCNN takes any size. "
            f"Received: input_shape={input_shape!r}"
        )
    require_positive("input_shape", tuple(side for side in shape if side is not None))
    inputs = keras.Input(shape, name="image")
    return inputs, layers.Rescaling(*pixels, name="rescale")(inputs)


def _require_fit(x, window, name):
    for side, extent in zip(x.shape[1:3], pair(window), strict=True):
        if side is not None and side < extent:
            raise ValueError(
                f"the {extent}-pixel window of {name} does not fit the {x.shape[1]}×{x.shape[2]} features that reach "
                "it; use padding='same', fewer stages, a smaller window or larger images. "
                f"Received: padding='valid', {name} input {tuple(x.shape[1:])}"
            )


def normalize(x, normalization, name):
    """Batch normalization, or ``x`` itself for ``None``. At export it is folded into the layer before it."""
    return layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x) if normalization else x


def activate(x, activation, name):
    """An activation layer of its own, so that fused and unfused networks have the same layer names."""
    return layers.Activation(activation, name=f"{name}_{activation if isinstance(activation, str) else 'act'}")(x)


def _kernel_size(style, stem):
    return (stem and style.stem_kernel_size) or style.kernel_size


def convolve(x, filters, style, name, *, strides=1, stem=False):
    """One convolution, normalized, not yet activated.

    With ``style.separable`` it is a depthwise convolution (activated) and a pointwise one, with ``style.expansion`` a
    pointwise one (activated) in front of them, which widens what the depthwise one sees (Sandler et al. 2018,
    «MobileNetV2»). The ``stem`` is always a full convolution: there is little to separate in one to three channels. A
    strided convolution is never dilated, which no framework defines.
    """
    dilation = style.dilation if strides == 1 else 1
    kernel_size = _kernel_size(style, stem)
    options = dict(
        strides=strides,
        padding=style.padding,
        dilation_rate=dilation,
        use_bias=not style.normalization,
    )
    if style.padding == "valid":
        _require_fit(x, [dilation * (side - 1) + 1 for side in pair(kernel_size)], name)
    if not style.separable or stem:
        x = layers.Conv2D(filters, kernel_size, name=name, **options)(x)
        return normalize(x, style.normalization, name)
    if style.expansion > 1:
        x = layers.Conv2D(style.expansion * x.shape[-1], 1, use_bias=options["use_bias"], name=f"{name}_expand")(x)
        x = activate(normalize(x, style.normalization, f"{name}_expand"), style.activation, f"{name}_expand")
    x = layers.DepthwiseConv2D(kernel_size, name=f"{name}_depthwise", **options)(x)
    x = activate(normalize(x, style.normalization, f"{name}_depthwise"), style.activation, f"{name}_depthwise")
    x = layers.Conv2D(filters, 1, use_bias=options["use_bias"], name=f"{name}_pointwise")(x)
    return normalize(x, style.normalization, f"{name}_pointwise")


def block(x, filters, style, name, *, stem=False):
    """One block at stride 1, not yet activated: a convolution, or with ``style.residual`` two and a shortcut.

    The shortcut is the identity (He et al. 2016, «Deep Residual Learning for Image Recognition»), a 1×1 convolution
    where the width changes, and cropped to the middle where ``padding="valid"`` made the features smaller. With
    ``style.expansion`` one convolution is enough between two shortcuts: it is three already.
    """
    if not style.residual:
        return squeeze_excite(convolve(x, filters, style, name, stem=stem), style, name)
    shortcut, convolutions = x, 1 if style.expansion > 1 else 2
    if convolutions == 2:
        x = activate(convolve(x, filters, style, f"{name}_a", stem=stem), style.activation, f"{name}_a")
    x = convolve(x, filters, style, f"{name}_b", stem=stem and convolutions == 1)
    x = squeeze_excite(x, style, name)
    if style.padding == "valid":
        kernels = [_kernel_size(style, stem), style.kernel_size][:convolutions]
        lost = [sum(style.dilation * (side - 1) for side in sides) for sides in zip(*map(pair, kernels), strict=True)]
        shortcut = layers.Cropping2D([(n // 2, n - n // 2) for n in lost], name=f"{name}_crop")(shortcut)
    if shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, use_bias=not style.normalization, name=f"{name}_project")(shortcut)
        shortcut = normalize(shortcut, style.normalization, f"{name}_project")
    return layers.Add(name=f"{name}_add")([x, shortcut])


def squeeze_excite(x, style, name):
    """Weighs the channels by a function of their means over the image (Hu et al. 2018, «Squeeze-and-Excitation
    Networks»); ``x`` itself without ``style.squeeze_excite``.

    Written with 1×1 convolutions and a logistic, so that all of it stays int8 on built-in operators: MEAN, CONV_2D,
    LOGISTIC, MUL.
    """
    if not style.squeeze_excite:
        return x
    width = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_squeeze")(x)
    gate = layers.Conv2D(max(width // 4, 8), 1, activation="relu", name=f"{name}_reduce")(gate)
    gate = layers.Conv2D(width, 1, activation="sigmoid", name=f"{name}_excite")(gate)
    return layers.Multiply(name=f"{name}_scale")([x, gate])


def pool(x, kind, size, strides, padding, name):
    """Pooling of ``x`` by a ``kind`` of ``POOLING``."""
    if padding == "valid":
        _require_fit(x, size, name)
    return POOLING[kind](size, strides, padding, name=name)(x)


def stages(x, *, filters, blocks, downsampling, pool_size, strides, style):
    """The body that the convolutional families share: stages of blocks, each with one downsampling step.

    ``"strided"`` downsampling opens a stage with a strided convolution in place of its first block; pooling closes a
    stage. Minimum pooling stands before the stage's last activation (see ``MinPooling2D``), the others behind it.

    Args:
        x: tensor ``[batch, height, width, channels]``.
        filters: width of each stage.
        blocks: blocks of each stage, an int or one a stage.
        downsampling: ``"strided"`` or a key of ``POOLING``.
        pool_size: side of the pooling window; unused for ``"strided"``.
        strides: step of each stage's downsampling, an int or one a stage; 1 keeps the size.
        style: how convolutions are built.

    Returns:
        The activated features of the last stage.
    """
    require_positive("filters", filters)
    filters = tuple(filters) if isinstance(filters, (tuple, list)) else (filters,)
    blocks = per_stage("blocks", blocks, len(filters))
    strides = per_stage("strides", strides, len(filters))
    require_positive("pool_size", pool_size)
    for stage, (width, count, step) in enumerate(zip(filters, blocks, strides, strict=True), start=1):
        for index in range(1, count + 1):
            name = f"stage{stage}_block{index}"
            stem = stage == index == 1
            if downsampling == "strided" and index == 1 and step > 1:
                x = convolve(x, width, style, f"stage{stage}_downsample", strides=step, stem=stem)
            else:
                x = block(x, width, style, name, stem=stem)
            if index < count:
                x = activate(x, style.activation, name)
        name = f"stage{stage}"
        if downsampling == "min":
            x = pool(x, "min", pool_size, step, style.padding, f"{name}_pool")
        x = activate(x, style.activation, name)
        if downsampling in ("max", "average", "blur"):
            x = pool(x, downsampling, pool_size, step, style.padding, f"{name}_pool")
    return x


def classifier(x, *, classes, dropout, activation):
    """Dropout and the dense classifier; ``x`` is ``[batch, features]``."""
    require_positive("classes", classes)
    if not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
        raise ValueError(f"`dropout` must be a number from 0 to below 1. Received: dropout={dropout!r}")
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def dense_head(x, *, units, style, classes, dropout, activation):
    """Flatten, fully connected layers of ``units`` each, and the classifier."""
    x = layers.Flatten(name="flatten")(x)
    x = fully_connected(x, units, style.activation, style.normalization)
    return classifier(x, classes=classes, dropout=dropout, activation=activation)


def fully_connected(x, units, activation, normalization):
    """Dense layers of the given ``units``, each normalized and activated; none for ``()``."""
    units = tuple(units) if isinstance(units, (tuple, list)) else (units,)
    if units:
        require_positive("units", units)
    for index, width in enumerate(units, start=1):
        name = f"dense{index}"
        x = layers.Dense(width, use_bias=not normalization, name=name)(x)
        x = activate(normalize(x, normalization, name), activation, name)
    return x


def finish(inputs, outputs, name, weights):
    """The functional model, with the weights of a file if one is named.

    Args:
        weights: ``None`` (random initialization) or the path of a file for ``start_from``.
    """
    from .starting import start_from

    model = keras.Model(inputs, outputs, name=name)
    if weights is not None:
        if not os.path.exists(weights):
            raise ValueError(f"`weights` must be None or the path of a weights file. Received: weights={weights!r}")
        start_from(model, weights)
    return model
