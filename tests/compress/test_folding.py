"""Without batch normalization a network answers as before."""

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo import zoo
from edgezoo.compress.folding import folded


def normalized():
    """Normalization behind each kind of layer with a kernel, and in places where it cannot be folded."""
    x = keras.Input((8, 8, 4), name="x")
    y = layers.Conv2D(6, 3, groups=2, use_bias=False, name="grouped")(layers.BatchNormalization(name="first")(x))
    y = layers.BatchNormalization(name="a")(y)
    y = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="depthwise")(layers.ReLU()(y))
    y = layers.BatchNormalization(scale=False, name="b")(y)
    y = layers.SeparableConv2D(5, 3, padding="same", activation="relu", name="separable")(layers.LeakyReLU()(y))
    y = layers.BatchNormalization(name="behind_relu")(y)
    y = layers.Conv2DTranspose(3, 3, 2, "same", use_bias=False, name="transpose")(y)
    y = layers.BatchNormalization(center=False, name="c")(y)
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    y = layers.Concatenate()([layers.BatchNormalization(name="of_shared")(shared(y)), shared(y)])
    both = layers.Conv2D(2, 1, name="both")(y)
    y = layers.Concatenate()([layers.BatchNormalization(name="of_both")(both), both])
    y = layers.Dense(4, name="dense")(layers.GlobalMaxPooling2D()(y))
    return keras.Model(x, layers.BatchNormalization(name="d")(y))


def test_what_is_folded_is_gone_and_all_have_a_bias(lively, images, outputs_of):
    model = lively(normalized())
    network, pixels = folded(model), images(model)
    (expected,), (found,) = outputs_of(model, pixels), outputs_of(network, pixels)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    left = {layer.name for layer in network.layers if isinstance(layer, layers.BatchNormalization)}
    assert left == {"first", "behind_relu", "of_shared", "of_both"}
    assert all(layer.use_bias for layer in network.layers if hasattr(layer, "kernel"))


@pytest.mark.parametrize("name", ["strided_lite", "feedforward_m"])
def test_networks_of_the_zoo_keep_none(name, lively, images, outputs_of):
    model = lively(zoo.build(name, input_shape=(16, 16, 1)))
    network, pixels = folded(model), images(model)
    np.testing.assert_allclose(outputs_of(network, pixels)[0], outputs_of(model, pixels)[0], atol=1e-5)
    assert not any(isinstance(layer, layers.BatchNormalization) for layer in network.layers)
    assert outputs_of(folded(network), pixels)[0].tolist() == outputs_of(network, pixels)[0].tolist()
