"""Trained ranges as layers of a network; TensorFlow's own operation and a formula are what they are held against."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from edgezoo import zoo
from edgezoo.common.errors import EdgezooError
from edgezoo.compress import Twin, with_ranges
from edgezoo.compress.elementary import elementary
from edgezoo.compress.ranges import has_ranges, without_ranges


@pytest.fixture(scope="module")
def network():
    image = keras.Input((8, 8, 1), name="image")
    shared = layers.Conv2D(1, 3, padding="same", name="conv")
    x = layers.ReLU(name="relu")(shared(shared(image)))
    keras.utils.set_random_seed(0)
    return keras.Model(image, {"scores": layers.Dense(3, name="dense")(layers.Flatten(name="flat")(x))}, name="net")


RANGES = {"image": (0, 255), "conv": (-200.0, 260.0), "relu": (0.5, 190.0), "dense": (-90.0, 120.0), "flat": (0, 0)}


def test_results_are_rounded_behind_each_call(network):
    model, image = (
        with_ranges(network, RANGES),
        np.random.default_rng(0).uniform(0, 300, (2, 8, 8, 1)).astype("float32"),
    )

    def rounded(name, x):
        low, high = RANGES[name]
        return tf.quantization.fake_quant_with_min_max_args(x, min(low, 0), high)

    x = rounded("image", image)
    for _ in range(2):
        x = rounded("conv", network.get_layer("conv")(x))
    x = tf.reshape(rounded("relu", tf.nn.relu(x)), (2, 64))
    x = tf.quantization.fake_quant_with_min_max_args(x, 0, 1)  # of what is always 0
    expected = rounded("dense", network.get_layer("dense")(x))
    assert np.array_equal(model(image)["scores"], expected)
    names = [layer.name for layer in model.layers if isinstance(layer, zoo.FakeQuantize)]
    assert sorted(names) == sorted(f"{name}_range" for name in RANGES)


def test_it_is_a_file_like_any_other(network, tmp_path):
    model, image = with_ranges(network, RANGES), np.ones((1, 8, 8, 1), "float32")
    model.save(tmp_path / "q.keras")
    loaded = zoo.load_model(tmp_path / "q.keras")
    assert np.array_equal(loaded(image)["scores"], model(image)["scores"])
    assert has_ranges(loaded)
    assert not has_ranges(network)


def test_without_ranges_it_is_the_network_again(network):
    model, image = without_ranges(with_ranges(network, RANGES)), np.ones((1, 8, 8, 1), "float32")
    assert not has_ranges(model)
    assert np.array_equal(model(image)["scores"], network(image)["scores"])


def test_a_range_of_no_layer_is_refused(network):
    with pytest.raises(EdgezooError, match="net has no layer 'cnov'"):
        with_ranges(network, {"cnov": (0, 1)})


@pytest.mark.parametrize("use", [Twin, elementary])
def test_what_has_ranges_is_not_trained_for_int8_again(use, network):
    with pytest.raises(EdgezooError, match=r"'image_range', a FakeQuantize, is quantized already"):
        use(with_ranges(network, RANGES))
