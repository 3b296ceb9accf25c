"""Weights in int8; activations are quantized anew in each operator, so nothing has to be calibrated."""

from .scheme import Scheme


def make(source):
    return source.converter().convert()


SCHEME = Scheme("dynamic", weights="int8", activations="float32, quantized on the fly", make=make)
