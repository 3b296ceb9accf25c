"""The named sizes: ``FAMILY[_POOLING]_SIZE``, from xs (an int8 file under 10 KB) to l (about a million parameters)."""

from .registry import register


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
    """Max pooling; an int8 file under 10 KB."""
    return {"filters": (6, 10, 14), "units": ()}


@register("PooledCNN")
def pooled_s():
    """Max pooling, one convolution a stage."""
    return {"filters": (16, 32, 48), "units": (48,)}


@register("PooledCNN")
def pooled_avg_s():
    """As pooled_s with average pooling."""
    return {**pooled_s(), "pooling": "average"}


@register("PooledCNN")
def pooled_min_s():
    """As pooled_s with minimum pooling."""
    return {**pooled_s(), "pooling": "min"}


@register("PooledCNN")
def pooled_m():
    """Max pooling, two convolutions a stage."""
    return {"filters": (24, 48, 96), "blocks": 2, "units": (64,), "dropout": 0.2}


@register("StridedCNN")
def strided_xs():
    """Strided convolutions; an int8 file under 10 KB."""
    return {"filters": (8, 12, 16), "units": ()}


@register("StridedCNN")
def strided_s():
    """Strided convolutions, one a stage."""
    return {"filters": (16, 32, 48), "blocks": (1, 2, 2), "units": (48,)}


@register("StridedCNN")
def strided_m():
    """Strided convolutions and residual blocks."""
    return {"filters": (24, 48, 96), "blocks": 2, "residual": True, "units": (64,), "dropout": 0.2}


@register("GlobalPoolCNN")
def global_xs():
    """Images of any size; an int8 file under 10 KB."""
    return {"filters": (8, 16, 24), "blocks": 1}


@register("GlobalPoolCNN")
def global_s():
    """Images of any size, separable convolutions."""
    return {"filters": (16, 32, 64), "blocks": (2, 3, 3), "strides": (1, 2, 2), "separable": True}


@register("GlobalPoolCNN")
def global_m():
    """Images of any size, residual blocks."""
    return {"filters": (16, 32, 64), "blocks": 2, "strides": (1, 2, 2), "residual": True, "dropout": 0.1}


@register("GlobalPoolCNN")
def global_l():
    """Images of any size, about a million parameters."""
    return {"filters": (48, 96, 168), "blocks": (2, 3, 2), "strides": (1, 2, 2), "residual": True, "dropout": 0.2}
