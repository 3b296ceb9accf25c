"""Weights in int4 where LiteRT has kernels for that, in int8 elsewhere: the smallest file, at a loss of accuracy."""

from ..quantizing import quantized
from .scheme import Scheme


def make(source):
    return quantized(source.float_file(), "int4_weights", per_channel_dense=source.per_channel_dense)


SCHEME = Scheme(
    "int4_weights",
    weights="int4 per channel (depthwise: int8)",
    activations="float32, quantized on the fly",
    make=make,
)
