"""Networks of elementary layers answer as the networks that they were made of."""

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo import zoo
from edgezoo.common.errors import EdgezooError
from edgezoo.compress.elementary import elementary


def everything():
    """Layers that become several, or others; models in it; two outputs in a dict."""
    x = keras.Input((12, 12, 3), name="x")
    inner = keras.Input((12, 12, 3))
    y = layers.SeparableConv2D(6, 3, 2, "same", depth_multiplier=2, activation="hard_silu", name="separable")(inner)
    stem = keras.Model(inner, zoo.MinPooling2D(2, name="pool")(y), name="stem")
    y = stem(x / 127.5 - 1)
    y = zoo.BlurPooling2D(3, 1, "same", name="blur")(layers.LeakyReLU(0.1, name="leaky")(y))
    y = layers.Conv2D(6, 1, activation="silu", kernel_regularizer="l2", name="conv")(y)
    y = layers.BatchNormalization(name="norm", trainable=False)(y)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(y)
    y = layers.Multiply(name="gated")([y, layers.Conv2D(6, 1, activation="hard_sigmoid", name="gate")(gate)])
    y = layers.Identity()(layers.Dropout(0.5, name="dropout")(keras.ops.relu6(y)))
    y = layers.Average(name="mean")([y, layers.ReLU(name="bent")(y), layers.Conv2D(6, 1, name="other")(y)])
    y = layers.Conv2DTranspose(4, 3, 2, activation=layers.ReLU(6.0), name="up")(y)
    scores = layers.Dense(3, activation="softmax", name="scores")(layers.Flatten(name="flat")(y))
    return keras.Model(x, {"scores": scores, "up": y}, name="everything")


def agree(one, other, inputs):
    answers = [keras.tree.flatten(model(inputs, training=False)) for model in (one, other)]
    for expected, found in zip(*answers, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6 * max(1, np.abs(expected).max()), rtol=0)
        assert np.std(expected) > 1e-4


def test_the_function_is_the_same(lively, images):
    model = lively(everything())
    network = elementary(model)
    assert set(network.output) == {"scores", "up"}
    agree(model, network, *images(model))


def test_one_layer_is_one_operator():
    model = everything()
    network = elementary(model)
    kinds = {layer.name: type(layer).__name__ for layer in network.layers}
    assert {name: kind for name, kind in kinds.items() if name.startswith("stem_")} == {
        "stem_separable": "DepthwiseConv2D",
        "stem_separable_conv2d": "Conv2D",
        "stem_separable_hard_silu": "Activation",
        "stem_pool": "Rescaling",
        "stem_pool_maxpooling2d": "MaxPooling2D",
        "stem_pool_rescaling": "Rescaling",
    }
    names = ("gate_rescaling", "gate_relu", "gate_rescaling_1", "mean", "mean_add", "mean_rescaling", "blur")
    assert [kinds[name] for name in names] == [
        *("Rescaling", "ReLU", "Rescaling", "Add", "Add", "Rescaling", "DepthwiseConv2D"),
    ]
    assert kinds["scores_softmax"] == "Activation"
    assert [kind for name, kind in kinds.items() if kind == "ReLU"] == ["ReLU"] * 4
    assert {getattr(layer, "activation", keras.activations.linear).__name__ for layer in network.layers} == {
        *("linear", "hard_silu", "silu", "softmax"),
    }
    assert not network.get_layer("norm").trainable
    assert network.get_layer("conv").kernel_regularizer.l2 == pytest.approx(0.01)
    assert network.count_params() == model.count_params() + network.get_layer("blur").count_params()


def test_taken_apart_again_it_is_the_same(lively, images):
    network = elementary(lively(everything()))
    again = elementary(network)
    assert [layer.name for layer in again.layers] == [layer.name for layer in network.layers]
    agree(network, again, *images(network))


@pytest.mark.parametrize("name", ["strided_lite", "pooled_min_m"])
def test_models_of_the_zoo_agree(name, lively, images):
    model = lively(zoo.build(name, input_shape=(16, 16, 1)))
    agree(model, elementary(model), *images(model))


def test_several_inputs_are_a_list(images):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    model = keras.Model({"a": a, "b": b}, [layers.Dense(2, activation="relu")(a + b), a - b])
    pixels = images(model)
    for expected, found in zip(model(dict(zip("ab", pixels, strict=True))), elementary(model)(pixels), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_what_cannot_be_taken_apart_is_named():
    model = keras.Sequential([keras.Input((4, 3)), layers.LSTM(3, name="loop")])
    with pytest.raises(EdgezooError, match="its layer 'loop', a LSTM"):
        elementary(model)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.LayerNormalization(name="it"), "'it', a LayerNormalization, would stay in floats"),
        (layers.Dense(3, activation="mish", name="it"), "'it_mish', mish, would stay in floats"),
        (layers.ReLU(1.5, name="it"), "'it', a ReLU, would stay in floats"),
    ],
)
def test_what_has_no_integer_form_is_named(layer, message):
    with pytest.raises(EdgezooError, match=message):
        elementary(keras.Sequential([keras.Input((4, 3)), layer]))
