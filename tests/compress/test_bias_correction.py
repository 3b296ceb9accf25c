"""What rounding of weights adds on average is off the biases; the rounding is done here again, by its formula."""

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.compress.bias_correction import bias_corrected
from edgezoo.compress.folding import folded


def network():
    x = keras.Input((8, 8, 3), name="x")
    y = layers.Conv2D(6, 3, padding="same", use_bias=False, name="conv")(layers.Rescaling(1 / 255)(x))
    y = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(y))
    y = layers.DepthwiseConv2D(3, strides=2, name="depthwise")(y)
    shared = layers.Conv2D(6, 1, activation="relu", name="shared")
    y = layers.GlobalAveragePooling2D()(shared(shared(y)))
    return keras.Model(x, layers.Dense(4, activation="softmax", name="dense")(y))


def stored(kernel, axes):
    """A kernel as int8 weights hold it."""
    step = np.abs(kernel).max(axis=axes, keepdims=True) / 127
    return np.round(kernel / step) * step


@pytest.mark.parametrize("per_channel_dense", [True, False])
def test_rounded_kernels_give_the_same_means(per_channel_dense, lively, images):
    model = lively(network())
    before = [np.array(weight) for weight in model.weights]
    (pixels,) = images(model, n=40)
    corrected, plain = bias_corrected(model, pixels, per_channel_dense=per_channel_dense), folded(model)
    assert all(np.array_equal(*pair) for pair in zip(before, model.weights, strict=True))
    every_axis = {"conv": (0, 1, 2), "depthwise": (0, 1), "dense": (0,) if per_channel_dense else (0, 1)}
    inputs = keras.Model(plain.input, [plain.get_layer(name).input for name in every_axis])(pixels)
    for reads, (name, axes) in zip(inputs, every_axis.items(), strict=True):
        layer, other = plain.get_layer(name), corrected.get_layer(name)
        assert np.array_equal(layer.kernel, other.kernel)
        layer.activation = keras.activations.linear
        exact = np.asarray(layer(reads))
        layer.kernel.assign(stored(np.asarray(layer.kernel), axes))
        of_rounded = np.asarray(layer(reads))
        layer.bias.assign(other.bias)
        means = [
            values.reshape(-1, values.shape[-1]).mean(axis=0) for values in (exact, of_rounded, layer(reads).numpy())
        ]
        assert np.abs(means[1] - means[0]).max() > 1e-4, name
        np.testing.assert_allclose(means[2], means[0], atol=1e-6 * np.abs(exact).max(), err_msg=name)


def test_a_layer_that_is_called_twice_has_one_mean(lively, images):
    x = keras.Input((8, 8, 4), name="x")
    shared = layers.Conv2D(4, 1, name="shared")
    model = lively(keras.Model(x, shared(layers.ReLU()(shared(x)))))
    (pixels,) = images(model)
    kernel, bias = (np.asarray(weight) for weight in model.get_layer("shared").weights)
    error = (stored(kernel, (0, 1, 2)) - kernel)[0, 0]
    reads = np.concatenate([pixels, np.maximum(pixels @ kernel[0, 0] + bias, 0)])
    wanted = bias - (reads @ error).mean(axis=(0, 1, 2))
    found = bias_corrected(model, pixels).get_layer("shared").bias
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
