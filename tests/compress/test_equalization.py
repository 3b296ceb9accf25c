"""Channels brought to one range: the network answers as before, and int8 as the network."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from edgezoo import zoo
from edgezoo.compress.equalization import equalized


def values_of(model, name, images):
    """What a layer gives, [n, channels]."""
    values = keras.Model(model.inputs, model.get_layer(name).output).predict(images, verbose=0)
    return values.reshape(-1, values.shape[-1])


def assert_same(model, other, images):
    expected, found = model.predict(images, verbose=0), other.predict(images, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)


def chain(kind="conv", act="relu"):
    """Two layers with a pooling between them; ``kind`` is of the second."""
    x = keras.Input((6, 6, 3), name="x")
    y = layers.Activation(act, name="act")(layers.Conv2D(4, 3, name="one")(x))
    y = layers.MaxPooling2D(name="pool")(y)
    second = {
        "conv": lambda: layers.Conv2D(5, 2, name="two")(y),
        "grouped": lambda: layers.Conv2D(6, 2, groups=2, name="two")(y),
        "depthwise": lambda: layers.DepthwiseConv2D(2, depth_multiplier=2, name="two")(y),
        "transpose": lambda: layers.Conv2DTranspose(5, 2, name="two")(y),
        "dense": lambda: layers.Dense(5, name="two")(layers.Flatten()(y)),
    }
    return keras.Model(x, second[kind]())


def weight_ranges(kind, kernel):
    """The largest absolute weight that works on each of four channels, written out for each kind of layer."""
    kernel = np.abs(kernel)
    match kind:
        case "conv" | "depthwise":
            return kernel.max(axis=(0, 1, 3))
        case "transpose":
            return kernel.max(axis=(0, 1, 2))
        case "grouped":
            return [kernel[:, :, place % 2, 3 * (place // 2) : 3 * (place // 2) + 3].max() for place in range(4)]
        case "dense":
            return kernel.reshape(4, 4, 5).max(axis=(0, 2))


@pytest.mark.parametrize("kind", ["conv", "grouped", "depthwise", "transpose", "dense"])
def test_ranges_become_their_geometric_mean(kind, lively, images):
    model = lively(chain(kind))
    model.get_layer("one").kernel.assign(model.get_layer("one").kernel * [1.0, 2, 4, 32])
    (pixels,) = images(model, n=8)
    result = equalized(model, pixels)
    assert_same(model, result.model, pixels)
    before = values_of(model, "act", pixels).max(axis=0)
    wanted = np.sqrt(before * weight_ranges(kind, model.get_layer("two").kernel))
    np.testing.assert_allclose(values_of(result.model, "act", pixels).max(axis=0), wanted, rtol=1e-4)
    np.testing.assert_allclose(weight_ranges(kind, result.model.get_layer("two").kernel), wanted, rtol=1e-4)
    assert result.channels == 4


@pytest.mark.parametrize("act", ["relu6", "sigmoid", "silu"])
def test_what_is_not_homogeneous_keeps_its_scale(act, lively, images):
    model = lively(chain(act=act))
    (pixels,) = images(model)
    result = equalized(model, pixels)
    assert_same(model, result.model, pixels)
    assert result.channels == 0


def test_channels_that_run_together_keep_the_function(lively, images, outputs_of):
    x = keras.Input((8, 8, 3), name="x")
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(layers.Rescaling(1 / 255)(x))
    y = layers.Add(name="sum")([y, layers.Conv2D(4, 3, padding="same", name="branch")(y)])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(y)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="gate")(layers.Conv2D(2, 1, activation="relu")(gate))
    y = layers.Multiply(name="gated")([y, gate])
    shared = layers.Conv2D(4, 3, padding="same", name="shared")
    y = layers.Concatenate(name="both")([shared(layers.ReLU()(shared(y))), layers.LeakyReLU(0.1)(y)])
    y = layers.ZeroPadding2D()(layers.UpSampling2D()(y))
    y = layers.BatchNormalization(name="norm")(layers.SeparableConv2D(6, 3, name="separable")(y))
    y = layers.Maximum()([layers.PReLU(shared_axes=[1, 2])(y), y])
    model = lively(keras.Model(x, [layers.Dense(3, name="top")(layers.Flatten()(y)), layers.GlobalMaxPooling2D()(y)]))
    (pixels,) = images(model)
    result = equalized(model, pixels)
    for one, other in zip(outputs_of(model, [pixels]), outputs_of(result.model, [pixels]), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-4 * np.abs(one).max())
    # Four of the sum and all that it runs with, two in the gate, eight between the parts of the separable convolution.
    assert result.channels == 4 + 2 + 8


@settings(max_examples=8)
@given(st.lists(st.integers(-8, 8), min_size=4, max_size=4))
def test_what_was_rescaled_before_makes_no_difference(exponents):
    model, factors = chain(), np.exp2(exponents)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(0, 0.3, weight.shape))
    pixels = rng.uniform(0, 255, (4, 6, 6, 3)).astype("float32")
    plain = equalized(model, pixels).model
    one, two = model.get_layer("one"), model.get_layer("two")
    one.kernel.assign(one.kernel * factors)
    one.bias.assign(one.bias * factors)
    two.kernel.assign(two.kernel / factors[:, None])
    for weight, other in zip(plain.weights, equalized(model, pixels).model.weights, strict=True):
        np.testing.assert_allclose(other, weight, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["strided_m", "global_xs", "feedforward_s"])
def test_networks_of_the_zoo_answer_as_before(name, lively, images):
    model = lively(zoo.build(name, input_shape=(16, 16, 1)))
    (pixels,) = images(model)
    result = equalized(model, pixels)
    assert_same(model, result.model, pixels)
    assert result.channels


def test_a_channel_that_is_always_zero_does_no_harm(lively, images):
    model = lively(chain())
    one = model.get_layer("one")
    one.kernel.assign(one.kernel * [1.0, 0, 1, 1])
    one.bias.assign([0.1, -1, 0.1, 0.1])
    (pixels,) = images(model)
    result = equalized(model, pixels)
    assert_same(model, result.model, pixels)
    weights = weight_ranges("conv", result.model.get_layer("two").kernel)
    assert weights[1] <= max(weights[[0, 2, 3]])


def test_int8_loses_where_channels_differ(uneven):
    assert uneven.top1(uneven.keras) - uneven.top1(uneven.int8) > 0.01
