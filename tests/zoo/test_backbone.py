"""Backbones are held against the networks of ``keras.applications`` themselves, and against published counts."""

import math

import keras
import numpy as np
import pytest

from edgezoo.inspection.graph import read_graph
from edgezoo.zoo import Backbone, build, list_models
from edgezoo.zoo.registry import entry

#: Parameters of the networks of ``keras.applications`` for 1,000 classes.
PUBLISHED = {
    "mobilenet_025": 475_544,
    "mobilenet_050": 1_342_536,
    "mobilenet_075": 2_601_976,
    "mobilenet_100": 4_253_864,
    "mobilenetv2_035": 1_691_208,
    "mobilenetv2_050": 1_987_224,
    "mobilenetv2_075": 2_663_064,
    "mobilenetv2_100": 3_538_984,
}
MINIMALISTIC = {"minimalistic": True, "include_preprocessing": False}
THEIRS = {
    "MobileNet": (keras.applications.MobileNet, {"alpha": 0.25}),
    "MobileNetV2": (keras.applications.MobileNetV2, {"alpha": 0.35}),
    "MobileNetV3Small": (keras.applications.MobileNetV3Small, MINIMALISTIC),
}


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, (2, *shape)).astype("float32")


def lively(model):
    """Gives batch normalization other statistics than those that a network begins with."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return model


@pytest.mark.parametrize("network", THEIRS)
def test_the_body_computes_what_keras_network_does(network):
    application, options = THEIRS[network]
    theirs = lively(application(input_shape=(64, 32, 3), include_top=False, weights=None, pooling="avg", **options))
    ours = Backbone((64, 32, 3), include_top=False, network=network, alpha=options.get("alpha", 1.0))
    ours.set_weights(theirs.get_weights())
    expected = np.asarray(theirs(pixels(64, 32, 3) / 127.5 - 1))
    np.testing.assert_allclose(np.asarray(ours(pixels(64, 32, 3)))[:, 0, 0], expected, rtol=1e-4, atol=1e-5)
    with_weights = [[layer.name for layer in each.layers if layer.weights] for each in (ours, theirs)]
    assert with_weights[0] == with_weights[1]
    assert not any(isinstance(layer, keras.layers.ZeroPadding2D) for layer in ours.layers)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_the_published_ones(name):
    assert build(name, classes=1000).count_params() == PUBLISHED[name]


def test_efficientnet_lite0_is_efficientnet_b0_without_squeeze_and_excite():
    ours = build("efficientnet_lite0", classes=1000)
    assert sum(math.prod(weight.shape) for weight in ours.trainable_weights) == 4_652_008  # as published
    theirs = {layer.name: layer for layer in keras.applications.EfficientNetB0(weights=None).layers}
    for layer in ours.layers:
        if layer.weights:
            assert [weight.shape for weight in layer.weights] == [weight.shape for weight in theirs[layer.name].weights]
    left_out = {name for name in theirs if theirs[name].weights} - {layer.name for layer in ours.layers}
    (scaling,) = (name for name in left_out if "_se_" not in name)
    assert isinstance(theirs[scaling], keras.layers.Normalization)


@pytest.mark.parametrize("network", ["MobileNet", "MobileNetV3Small"])
def test_a_network_for_any_size_answers_as_one_for_a_fixed_size(network):
    fixed = lively(Backbone((37, 50, 3), classes=3, network=network, alpha=0.35))
    open_ = Backbone((None, None, 3), classes=3, network=network, alpha=0.35)
    open_.set_weights(fixed.get_weights())
    np.testing.assert_array_equal(open_(pixels(37, 50, 3)), fixed(pixels(37, 50, 3)))


@pytest.mark.parametrize(("network", "alpha"), [("MobileNetV2", 0.35), ("MobileNetV3Small", 1.0)])
def test_all_of_it_is_int8_on_built_in_operators(network, alpha, int8_file):
    _, path = int8_file(lively(Backbone((32, 32, 3), network=network, alpha=alpha)))
    graph = read_graph(path)
    assert {tensor.dtype for tensor in graph.tensors if len(tensor.shape) == 4} <= {"int8", "uint8"}
    assert {operator.op for operator in graph.operators} <= {
        *("QUANTIZE", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "MEAN", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"),
    }


def test_layers_are_called_the_same_each_time():
    one, two = (build("mobilenetv3_small_minimalistic", input_shape=(32, 32, 3)) for _ in range(2))
    assert [layer.name for layer in one.layers] == [layer.name for layer in two.layers]
    assert one.get_layer("conv_bn_relu").max_value is None


def test_averages_follow_a_short_training():
    for network in ("MobileNetV2", "EfficientNetLite0"):
        layers = Backbone((32, 32, 3), network=network, alpha=0.35).layers
        assert {each.momentum for each in layers if isinstance(each, keras.layers.BatchNormalization)} == {0.9}


def test_backbones_are_made_for_pictures_of_96_pixels():
    backbones = [name for name in list_models() if entry(name).family == "Backbone"]
    assert len(backbones) == 11 and set(PUBLISHED) < set(backbones)
    assert build("mobilenet_025").input_shape == (None, 96, 96, 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"network": "ResNet50"}, "`network` must be one of 'MobileNet', .*Received: network='ResNet50'"),
        ({"alpha": 0}, "`alpha` must be .*Received: alpha=0"),
        ({"alpha": "wide"}, "`alpha` must be .*Received: alpha='wide'"),
        ({"input_shape": (96, 96)}, "`input_shape` must be"),
        ({"dropout": 1}, "`dropout` must be"),
    ],
)
def test_a_wrong_option_is_named(options, words):
    with pytest.raises(ValueError, match=words):
        Backbone(**options)
