"""Weights in half the bytes, computing in float32 (in float16 where a GPU does)."""

from .scheme import Scheme


def make(source):
    import tensorflow as tf

    converter = source.converter()
    converter.target_spec.supported_types = [tf.float16]
    return converter.convert()


SCHEME = Scheme("float16", weights="float16", activations="float32", make=make)
