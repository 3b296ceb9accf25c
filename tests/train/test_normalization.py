import keras
import numpy as np
import pytest
import tensorflow as tf

from edgezoo.train.normalization import FusedBatchNormalization

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(3, 2, (4, 5, 6, 7)).astype("float32")


def pair(shape=(5, 6, 7), **settings):
    """Keras' layer and the fused one with the same random weights."""
    both = keras.layers.BatchNormalization(**settings), FusedBatchNormalization(**settings)
    for layer in both:
        layer.build((None, *shape))
    weights = [RANDOM.uniform(0.5, 2, w.shape) for w in both[0].get_weights()]
    for layer in both:
        layer.set_weights(weights)
    return both


def trained(layer, images):
    """Outputs, gradients and the weights after one step of training."""
    images = tf.Variable(images)
    weighting = tf.constant(np.random.default_rng(1).normal(size=images.shape), "float32")
    with tf.GradientTape() as tape:
        outputs = layer(images, training=True)
        loss = tf.reduce_sum(weighting * tf.cast(outputs, tf.float32))
    gradients = tape.gradient(loss, [images, *(v.value for v in layer.trainable_variables)])
    return [outputs, *gradients, *layer.get_weights()]


@pytest.mark.parametrize(
    "settings", [{}, {"scale": False}, {"center": False}, {"epsilon": 0.1, "momentum": 0.5}, {"axis": 3}]
)
def test_it_does_what_keras_does(settings):
    kerass, fused = (trained(layer, IMAGES) for layer in pair(**settings))
    for expected, actual in zip(kerass, fused, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def test_one_pixel_has_no_variance():
    kerass, fused = (trained(layer, IMAGES[:1, :1, :1]) for layer in pair((1, 1, 7)))
    np.testing.assert_allclose(fused[0], kerass[0], atol=1e-5)
    np.testing.assert_allclose(fused[-1], kerass[-1], rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_low_precision_keeps_statistics_in_float32(policy):
    kerass, fused = (trained(layer, IMAGES) for layer in pair(dtype=policy))
    assert fused[0].dtype == kerass[0].dtype
    np.testing.assert_allclose(tf.cast(fused[0], "float32"), tf.cast(kerass[0], "float32"), atol=0.05)
    for expected, actual in zip(kerass[-2:], fused[-2:], strict=True):
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, expected, rtol=1e-2)


@pytest.mark.parametrize(("shape", "settings"), [((5, 6, 7), {"axis": 1}), ((9,), {})])
def test_other_shapes_are_keras_own(shape, settings):
    images = RANDOM.normal(size=(4, *shape)).astype("float32")
    kerass, fused = (trained(layer, images) for layer in pair(shape, **settings))
    for expected, actual in zip(kerass, fused, strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_frozen_or_in_use_it_takes_the_averages():
    kerass, fused = pair()
    np.testing.assert_array_equal(fused(IMAGES, training=False), kerass(IMAGES, training=False))
    fused.trainable = False
    before = fused.get_weights()
    np.testing.assert_array_equal(fused(IMAGES, training=True), kerass(IMAGES, training=False))
    assert all(np.array_equal(a, b) for a, b in zip(before, fused.get_weights(), strict=True))
