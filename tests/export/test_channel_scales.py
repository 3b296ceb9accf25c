"""Clustered kernels are few integers in the file, the same in all channels, and dead channels have a scale."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from edgezoo.compress.clusters import PALETTE, is_clustered
from edgezoo.export import conversion, export_model
from edgezoo.inspection.graph import read_graph
from edgezoo.inspection.kernels import kernels_of

CENTROIDS = np.float32([-0.7, -0.35, -0.2, 0.1, 0.25, 0.6])


def clustered(kernel, rng):
    """A third of the weights is zero; some channels have only small ones, one has none."""
    values = rng.choice(CENTROIDS, kernel.shape) * rng.integers(0, 3, kernel.shape).clip(0, 1)
    values[..., 0] = np.clip(values[..., 0], -0.2, 0.1)
    values[..., 1] = 0
    return values.astype("float32")


@pytest.fixture(scope="module")
def network(tmp_path_factory, pictures):
    """Convolutions with normalizations that differ widely and turn signs, a transposed one and a dense layer."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    image = keras.Input((24, 24, 1))
    x = layers.Rescaling(1 / 255)(image)
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="first")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="normalized")(x))
    x = layers.Conv2D(8, 3, strides=2, name="second")(x)
    x = layers.Conv2DTranspose(12, 3, strides=2, activation="relu", name="transposed")(x)
    x = layers.DepthwiseConv2D(3, strides=2, name="depthwise")(x)
    model = keras.Model(image, layers.Dense(5, name="dense")(layers.Flatten()(x)))
    for name in ("first", "second", "dense"):
        layer = model.get_layer(name)
        layer.kernel.assign(clustered(layer.kernel, rng))
    transposed = model.get_layer("transposed").kernel
    transposed.assign(np.swapaxes(clustered(np.swapaxes(transposed, 2, 3), rng), 2, 3))
    for layer in model.layers:
        if layer.name in ("second", "transposed", "dense"):
            layer.bias.assign(rng.normal(0, 0.3, layer.bias.shape))
    model.get_layer("normalized").gamma.assign([1, -2, 0.3, 1, 3, -1, 0.7, 1])
    path = tmp_path_factory.mktemp("clustered") / "net.keras"
    model.save(path)
    return model, path


@pytest.mark.parametrize("scheme", ["int8", "int16x8", "dynamic"])
def test_all_channels_have_the_same_integers_and_answers_stay(
    network, tmp_path, pictures, scheme, interpret, monkeypatch
):
    model, path = network
    options = {"schemes": (scheme,), "io": "float32", "calibration": pictures.calibration}
    (file,) = export_model(path, tmp_path / "grid", **options)
    monkeypatch.setattr(conversion, "save_clustered", lambda model, folder: None)
    (usual,) = export_model(path, tmp_path / "usual", **options)
    values = sorted(row["values"] for row in kernels_of(file))
    # The signs are turned in a channel of «first», and the depthwise kernel is not clustered.
    assert values[:3] == [7, 7, 7]
    if scheme != "dynamic":  # small kernels stay float32
        assert values[3] <= 2 * 7 - 1
        assert min(row["values"] for row in kernels_of(usual)) > 7
    expected = model.predict(pictures.test.astype("float32"), verbose=0)
    errors = [np.sqrt(np.mean((interpret(each, pictures.test) - expected) ** 2)) for each in (file, usual)]
    assert errors[0] < 1.5 * errors[1] + 1e-3, errors


def test_scales_give_the_clusters_back(network, tmp_path):
    """scale × integer, by the format's definition, are the kernel's values in each channel, within half a step."""
    model, path = network
    (file,) = export_model(path, tmp_path, ("int8_weights",))
    graph = read_graph(file)
    kernel = np.asarray(model.get_layer("dense").kernel).T
    (tensor,) = (each for each in graph.tensors if each.dtype == "int8" and tuple(each.shape) == kernel.shape)
    stored = graph.data(tensor.index) * np.reshape(tensor.scale, (-1, 1))
    np.testing.assert_allclose(stored, kernel, atol=np.abs(kernel).max() / 127 / 2 + 1e-6)


def test_other_kernels_have_a_scale_for_their_own_largest_weight(fixed):
    graph = read_graph(fixed.files["int8"])
    for operator in graph.operators:
        if operator.op == "CONV_2D":
            integers = graph.data(operator.inputs[1])
            assert (np.abs(integers).reshape(len(integers), -1).max(axis=1) == 127).all()


@given(st.lists(st.floats(-1, 1, width=32), min_size=40, max_size=300, unique=True), st.floats(0, 0.9))
def test_a_kernel_that_was_pruned_alone_is_not_clustered(weights, pruned):
    weights = np.float32(weights)
    weights[np.abs(weights) <= np.quantile(np.abs(weights), pruned)] = 0
    assert not is_clustered(weights)


@pytest.mark.parametrize("number", [2, 16, PALETTE, PALETTE + 1])
def test_a_kernel_of_few_values_is(number):
    weights = np.resize(np.linspace(-1, 1, number), 4 * number)
    assert is_clustered(weights) == (number <= PALETTE)


def test_a_channel_without_weights_can_be_in_int16(tmp_path, pictures, interpret):
    keras.utils.set_random_seed(0)
    image = keras.Input((24, 24, 1))
    x = layers.Conv2D(6, 3, strides=2, use_bias=False, name="conv")(layers.Rescaling(1 / 255)(image))
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))
    model = keras.Model(image, layers.Dense(4)(x))
    kernel = np.array(model.get_layer("conv").kernel)
    kernel[..., 1] = 0
    model.get_layer("conv").kernel.assign(kernel)
    model.save(tmp_path / "net.keras")
    (file,) = export_model(tmp_path / "net.keras", tmp_path / "out", ("int16x8",), calibration=pictures.calibration)
    expected = model.predict(pictures.test.astype("float32"), verbose=0)
    np.testing.assert_allclose(interpret(file, pictures.test), expected, atol=0.02 * np.abs(expected).max())
