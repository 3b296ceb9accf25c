"""Weights stored in int8; all is computed in float32, with no calibration and next to no loss."""

from ..quantizing import quantized
from .scheme import Scheme


def make(source):
    return quantized(source.float_file(), "int8_weights", per_channel_dense=source.per_channel_dense)


SCHEME = Scheme("int8_weights", weights="int8 per channel", activations="float32", make=make)
