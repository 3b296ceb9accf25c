"""The named sizes, ``FAMILY[_KIND]_SIZE``: xs (int8 files of about 10 KB), lite, s, m (to 100,000 parameters), l.

Backbones have their makers' names, with the width in hundredths.
"""

from .entries import register


def _inverted(*, filters, blocks, expansion=4):
    """Inverted residual blocks behind a first stage at full resolution, as MobileNetV2 has them."""
    return {
        "filters": filters,
        "blocks": blocks,
        "strides": (1, 2, 2),
        "separable": True,
        "residual": True,
        "expansion": expansion,
        "activation": "relu6",
    }


@register("FeedForward")
def feedforward_s():
    """One hidden layer: the smallest baseline without convolution."""
    return {"units": (32,)}


@register("FeedForward")
def feedforward_m():
    """Two hidden layers: what dense layers reach at about 120,000 parameters."""
    return {"units": (128, 128), "dropout": 0.2}


@register("PooledCNN")
def pooled_xs():
    """Max pooling; an int8 file of about 10 KB."""
    return {"filters": (6, 10, 14), "units": ()}


@register("PooledCNN")
def pooled_s():
    """Max pooling; flatten and classifier."""
    return {"filters": (16, 32, 48), "blocks": (1, 2, 2), "units": ()}


@register("PooledCNN")
def pooled_avg_xs():
    """Average pooling; an int8 file of about 10 KB."""
    return {"filters": (10, 14, 18), "units": (), "pooling": "average", "activation": "relu6"}


@register("PooledCNN")
def pooled_avg_s():
    """As pooled_s with average pooling and narrower stages, which cost two fifths fewer MACs."""
    return {**pooled_s(), "filters": (16, 20, 44), "pooling": "average"}


@register("PooledCNN")
def pooled_avg_m():
    """Average pooling, two to three convolutions in each stage: the most accurate of its size."""
    # ReLU6: without it the first activations reach 20, most stay below 2, and int8 loses a point.
    return {
        "filters": (32, 32, 44),
        "blocks": (2, 3, 3),
        "units": (),
        "pooling": "average",
        "activation": "relu6",
    }


@register("PooledCNN")
def pooled_blur_m():
    """Average pooling as a depthwise convolution, which is faster in int8 on CPUs."""
    # A blur over two pixels is their average, and XNNPACK has depthwise convolution in int8, average pooling not.
    return {"filters": (16, 32, 40), "blocks": (2, 3, 3), "units": (), "pooling": "blur", "pool_size": 2}


@register("PooledCNN")
def pooled_min_m():
    """Minimum pooling, two to three convolutions in each stage."""
    return {"filters": (16, 32, 48), "blocks": (2, 3, 3), "units": (), "pooling": "min"}


@register("PooledCNN")
def pooled_avg_l():
    """As pooled_avg_m with twice the filters behind the first stage."""
    return {**pooled_avg_m(), "filters": (32, 64, 64), "dropout": 0.2}


@register("StridedCNN")
def strided_xs():
    """Strided convolutions; an int8 file of about 10 KB."""
    return {"filters": (8, 12, 16), "units": ()}


@register("StridedCNN")
def strided_lite():
    """Depthwise separable convolutions, the first stage at full resolution: few parameters and MACs."""
    return {
        "filters": (16, 24, 48, 64),
        "blocks": (1, 2, 2, 2),
        "strides": (1, 2, 2, 2),
        "separable": True,
        "units": (),
    }


@register("StridedCNN")
def strided_s():
    """Strided convolutions from the first on: the fastest of its accuracy."""
    return {"filters": (16, 32, 48), "blocks": (1, 2, 2), "units": ()}


@register("StridedCNN")
def strided_m():
    """Strided convolutions and residual blocks, the first stage at full resolution."""
    return {"filters": (16, 32, 44), "blocks": (1, 2, 2), "strides": (1, 2, 2), "residual": True, "units": ()}


@register("GlobalPoolCNN")
def global_xs():
    """Images of any size; an int8 file of about 10 KB."""
    return {"filters": (8, 16, 24), "blocks": 1}


@register("GlobalPoolCNN")
def global_s():
    """Images of any size, one convolution a block."""
    return {"filters": (16, 32, 48), "blocks": (1, 2, 2), "strides": (1, 2, 2)}


@register("GlobalPoolCNN")
def global_m():
    """Images of any size, average pooling, two to three convolutions in each stage."""
    return {"filters": (16, 32, 48), "blocks": (2, 3, 3), "downsampling": "average"}


@register("GlobalPoolCNN")
def global_l():
    """Images of any size, strided, two to three convolutions in each stage: fast for its accuracy."""
    return {"filters": (16, 32, 64), "blocks": (2, 2, 3), "strides": (1, 2, 2)}


@register("GlobalPoolCNN")
def global_inverted_s():
    """Images of any size, inverted residual blocks: the most accurate for its file."""
    return _inverted(filters=(16, 20, 24), blocks=(1, 2, 3))


@register("GlobalPoolCNN")
def global_inverted_m():
    """As global_inverted_s with one to four blocks in each stage and wider ones."""
    return _inverted(filters=(16, 24, 48), blocks=(1, 3, 4))


@register("GlobalPoolCNN")
def global_inverted_wide_m():
    """As global_inverted_m with wider stages that are expanded less, which takes a fifth less RAM."""
    return _inverted(filters=(16, 32, 56), blocks=(1, 3, 4), expansion=3)


@register("GlobalPoolCNN")
def global_inverted_l():
    """As global_inverted_m with two to five blocks in each stage."""
    return _inverted(filters=(24, 40, 64), blocks=(2, 4, 5))


@register("Ensemble")
def ensemble_l():
    """Four networks in one, of three kinds: the most accurate."""
    return {"members": ("pooled_avg_m", "pooled_blur_m", "pooled_avg_l", "pooled_avg_l")}


@register("Backbone")
def mobilenet_025():
    """MobileNet (2017) of a quarter of the width: the smallest start from ImageNet."""
    return {"network": "MobileNet", "alpha": 0.25, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenet_050():
    """MobileNet of half the width."""
    return {"network": "MobileNet", "alpha": 0.5, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenet_075():
    """MobileNet of three quarters of the width."""
    return {"network": "MobileNet", "alpha": 0.75, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenet_100():
    """MobileNet of full width."""
    return {"network": "MobileNet", "alpha": 1.0, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenetv2_035():
    """MobileNetV2 (2018), inverted residuals, of 0.35 of the width."""
    return {"network": "MobileNetV2", "alpha": 0.35, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenetv2_050():
    """MobileNetV2 of half the width."""
    return {"network": "MobileNetV2", "alpha": 0.5, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenetv2_075():
    """MobileNetV2 of three quarters of the width."""
    return {"network": "MobileNetV2", "alpha": 0.75, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenetv2_100():
    """MobileNetV2 of full width."""
    return {"network": "MobileNetV2", "alpha": 1.0, "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenetv3_small_minimalistic():
    """MobileNetV3-Small (2019) without squeeze-and-excite, hard swish and 5×5 kernels."""
    return {"network": "MobileNetV3Small", "input_shape": (96, 96, 3)}


@register("Backbone")
def mobilenetv3_large_minimalistic():
    """MobileNetV3-Large without squeeze-and-excite, hard swish and 5×5 kernels."""
    return {"network": "MobileNetV3Large", "input_shape": (96, 96, 3)}


@register("Backbone")
def efficientnet_lite0():
    """EfficientNet-Lite0 (2020): EfficientNet-B0 made for integers; its weights come from a file."""
    return {"network": "EfficientNetLite0", "input_shape": (96, 96, 3)}
