"""Activations of Keras 3 that Keras 2 lacks, or has by another formula, as functions of a float tensor.

They are named as in Keras 3. Keras 2's ``hard_sigmoid`` is clip(x / 5 + 1/2, 0, 1).
"""

import tensorflow as tf


def celu(x):
    return tf.maximum(x, 0.0) + tf.math.expm1(tf.minimum(x, 0.0))


def hard_shrink(x):
    return tf.where(tf.abs(x) > 0.5, x, 0.0)


def hard_sigmoid(x):
    return tf.nn.relu6(x + 3.0) / 6.0


def hard_silu(x):
    return x * hard_sigmoid(x)  # what the converter makes HARD_SWISH of


def hard_tanh(x):
    return tf.clip_by_value(x, -1.0, 1.0)


def log_sigmoid(x):
    return tf.math.log_sigmoid(x)


def log_softmax(x):
    return tf.nn.log_softmax(x)


def soft_shrink(x):
    return x - tf.clip_by_value(x, -0.5, 0.5)


def sparse_plus(x):
    return tf.where(x < 1.0, tf.square(tf.maximum(x + 1.0, 0.0)) / 4.0, x)


def sparse_sigmoid(x):
    return tf.clip_by_value((x + 1.0) / 2.0, 0.0, 1.0)


def squareplus(x):
    return (x + tf.sqrt(tf.square(x) + 4.0)) / 2.0


def tanh_shrink(x):
    return x - tf.math.tanh(x)


#: Name → function.
ACTIVATIONS = {
    each.__name__: each
    for each in (
        *(celu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, log_sigmoid, log_softmax),
        *(soft_shrink, sparse_plus, sparse_sigmoid, squareplus, tanh_shrink),
    )
}
