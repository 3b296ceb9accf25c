"""EfficientNet-Lite0 (Liu 2020), which ``keras.applications`` lacks."""

import keras
from keras import layers

#: Stage by stage: blocks, kernel, stride of the first block, expansion, width.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0(input_tensor, include_top, weights, alpha):
    """The body of EfficientNet-Lite0: EfficientNet-B0 with ReLU6 and without squeeze-and-excite, for integer hardware.

    Args:
        input_tensor: pixels from −127/128 to 1, ``[batch, height, width, channels]``.
        include_top, weights: ``False`` and ``None``; as ``keras.applications`` has them.
        alpha: width multiplier of the stages; the first and the last convolution keep theirs.

    Returns:
        ``keras.Model`` up to the last features, whose layers have the names of Keras' ``EfficientNetB0``.
    """
    x = _convolved(input_tensor, "stem", layers.Conv2D(32, 3, 2, "same", use_bias=False, name="stem_conv"))
    for stage, (blocks, kernel_size, strides, expansion, filters) in enumerate(_STAGES, start=1):
        for index in range(blocks):
            name = f"block{stage}{'abcd'[index]}"
            step = 1 if index else strides
            x = _block(x, name, kernel_size, step, expansion, divisible_by_8(filters * alpha))
    x = _convolved(x, "top", layers.Conv2D(1280, 1, use_bias=False, name="top_conv"))
    return keras.Model(keras.utils.get_source_inputs(input_tensor), x)


def _block(x, name, kernel_size, strides, expansion, filters):
    """An inverted residual (Sandler et al. 2018, «MobileNetV2»)."""
    shortcut, width = x, expansion * x.shape[-1]
    if expansion > 1:
        x = _convolved(x, f"{name}_expand", layers.Conv2D(width, 1, use_bias=False, name=f"{name}_expand_conv"))
    depthwise = layers.DepthwiseConv2D(kernel_size, strides, "same", use_bias=False, name=f"{name}_dwconv")
    x = _convolved(x, name, depthwise)
    project = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project_conv")
    x = _convolved(x, f"{name}_project", project, activated=False)
    if strides == 1 and shortcut.shape[-1] == filters:
        x = layers.Add(name=f"{name}_add")([x, shortcut])
    return x


def _convolved(x, name, convolution, *, activated=True):
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(convolution(x))
    return layers.ReLU(6, name=f"{name}_activation")(x) if activated else x


def divisible_by_8(filters):
    """The multiple of 8 that is nearest, but not less than nine tenths of it."""
    nearest = max(8, int(filters + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * filters else nearest + 8
