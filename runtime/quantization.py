"""Real numbers and the integers that a quantized tensor stores for them."""

import numpy as np


def quantize(values, dtype, scale, zero_point):
    """Real numbers as a tensor of the file's type: ``q = clip(round(x / scale) + zero_point)``.

    Halves are rounded away from zero and the division is done in float32, as TFLite's reference QUANTIZE kernel does
    (Jacob et al., https://arxiv.org/abs/1712.05877, equation 1). A scale of 0 means that the file declares no
    quantization: the values are passed as they are.

    Raises:
        ValueError: there is no scale, and an integer type that cannot hold the values.
    """
    dtype = np.dtype(dtype)
    values = np.asarray(values)
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    if scale == 0:
        if values.size and not (limits.min <= values.min() and values.max() <= limits.max):
            raise ValueError(f"values from {values.min()} to {values.max()} do not fit {dtype}")
        return values.astype(dtype)
    ratio = (values.astype(np.float32) / np.float32(scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(ratio) + 0.5), ratio)
    return np.clip(rounded + zero_point, limits.min, limits.max).astype(dtype)


def dequantize(tensor, scale, zero_point):
    """A tensor of the file as float32: ``x = scale · (q − zero_point)``; with scale 0 the numbers themselves."""
    if scale == 0:
        return np.asarray(tensor, np.float32)
    return np.float32(scale) * (tensor.astype(np.int32) - zero_point).astype(np.float32)


def quantization_of(tensor):
    """``(scale, zero point)`` of a ``Tensor`` with one of each; a scale of 0 where it has none."""
    return (tensor.scale[0], tensor.zero_point[0] if tensor.zero_point else 0) if tensor.scale else (0.0, 0)


def dequantized(tensor, stored):
    """The values of a file's ``Tensor``, as it stores them, as float32; scale and zero point may be one a channel."""
    if len(tensor.scale) <= 1:
        return dequantize(stored, *quantization_of(tensor))
    zero_points = tensor.zero_point or (0,) * len(tensor.scale)
    channels = zip(np.moveaxis(stored, tensor.quantized_dimension, 0), tensor.scale, zero_points, strict=True)
    return np.stack([dequantize(*channel) for channel in channels], tensor.quantized_dimension)
