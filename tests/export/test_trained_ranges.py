"""int8 files of networks whose ranges were trained, held against the formula of scales and against Keras."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo import zoo
from edgezoo.common.errors import EdgezooError
from edgezoo.compress import with_ranges
from edgezoo.compress.elementary import elementary
from edgezoo.compress.places import ranged_layers
from edgezoo.compress.plan import plan_of
from edgezoo.export import export_for_targets, export_model
from edgezoo.inspection import read_graph
from edgezoo.runtime import load_runner

KERNELS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "TRANSPOSE_CONV": 0, "FULLY_CONNECTED": 0}


def ranged(model, images):
    """The network with the ranges that its layers take on images, and these ranges."""
    network = elementary(model)
    names = ranged_layers(plan_of(network).document)
    probe = keras.Model(network.input, [network.get_layer(name).output for name in names])
    seen = {
        name: (float(np.min(x)), float(np.max(x)))
        for name, x in zip(names, probe(images.astype("float32")), strict=True)
    }
    ranges = {network.inputs[0].name: (0, 255), **seen}
    return with_ranges(network, ranges), ranges


def others_network():
    """Squeeze-and-excite, a separable convolution, a concatenation, a skip, normalizations in front and behind."""
    image = keras.Input((16, 16, 3), name="photo")
    x = layers.SeparableConv2D(8, 3, padding="same", use_bias=False)(layers.Rescaling(1 / 127.5, -1)(image))
    x = layers.Activation("hard_silu")(layers.BatchNormalization()(x))
    gate = layers.Conv2D(4, 1, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    y = layers.Multiply()([x, layers.Conv2D(8, 1, activation="hard_sigmoid")(gate)])
    y = layers.Concatenate()([y, layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same")(y)), x])
    y = layers.Conv2D(8, 1, activation="silu")(zoo.BlurPooling2D(3, 1, "same")(y))
    y = layers.ReLU()(layers.Add()([y, x, x]))
    y = layers.ReLU(name="before")(layers.BatchNormalization(name="alone")(layers.MaxPooling2D()(y)))
    y = zoo.MinPooling2D(2)(layers.Conv2DTranspose(6, 3, 2, padding="same", activation="sigmoid")(y))
    y = layers.Average()([layers.AveragePooling2D(2)(y), layers.MaxPooling2D(2)(y)])
    y = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(y))
    return keras.Model(image, layers.Dense(5, activation="softmax")(layers.BatchNormalization()(y)), name="others")


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """The network with ranges, ``model``, the ``ranges``, and its ``files`` by scheme, made without any images."""
    folder, rng = tmp_path_factory.mktemp("trained"), np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    model = others_network()
    for weight in model.weights:
        if weight.name in ("gamma", "moving_variance"):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
        elif weight.name in ("beta", "moving_mean", "bias"):
            weight.assign(rng.normal(0, 0.2, weight.shape))
    images = rng.integers(0, 256, (60, 16, 16, 3), dtype="uint8")
    last = model.layers[-2]
    seen = np.asarray(keras.Model(model.input, last.input)(images.astype("float32")))
    last.set_weights([np.ones(6), np.zeros(6), seen.mean(axis=0), seen.var(axis=0)])
    network, ranges = ranged(model, images)
    network.save(folder / "others.keras")
    files = export_model(folder / "others.keras", folder / "out", ("int8", "float32", "float16", "dynamic"))
    schemes = {path.stem.removeprefix("others_"): path for path in files}
    return SimpleNamespace(
        original=model, model=network, ranges=ranges, files=schemes, images=images, path=folder / "others.keras"
    )


def steps(minimum, maximum):
    """Scale and zero point of an int8 tensor with a range."""
    minimum, maximum = min(minimum, 0), max(maximum, 0)
    scale = (maximum - minimum) / 255
    return scale, -128 - round(minimum / scale)


def test_the_file_is_integers_with_the_trained_ranges(others):
    graph = read_graph(others.files["int8"])
    assert not [tensor.name for tensor in graph.tensors if tensor.dtype.startswith("float")]
    kinds = [operator.op for operator in graph.operators]
    assert {"BATCH_NORMALIZATION", "DEQUANTIZE"}.isdisjoint(kinds)
    activations = [each for each in graph.tensors if each.dtype == "int8" and not each.is_constant]
    for name, ends in others.ranges.items():
        scale, zero_point = steps(*ends)
        found = [each for each in activations if each.scale[0] == pytest.approx(scale, rel=1e-5)]
        assert any(abs(each.zero_point[0] - zero_point) <= 1 for each in found), name
    image = graph.tensors[graph.inputs[0]]
    assert (image.dtype, image.scale, image.zero_point) == ("uint8", (1.0,), (0,))


def test_weights_have_a_symmetric_scale_per_channel(others):
    graph, seen = read_graph(others.files["int8"]), set()
    for operator in graph.operators:
        if operator.op in KERNELS:
            kernel = graph.tensors[operator.inputs[0 if operator.op == "FULLY_CONNECTED" else 1]]
            kernel = kernel if kernel.is_constant else graph.tensors[operator.inputs[1]]
            assert (kernel.dtype, kernel.quantized_dimension) == ("int8", KERNELS[operator.op])
            assert len(kernel.scale) == kernel.shape[KERNELS[operator.op]]
            assert set(kernel.zero_point) == {0}
            seen.add(operator.op)
    assert seen == set(KERNELS)


def test_it_answers_as_the_network_in_keras_does(others):
    """… whose kernels are not rounded."""
    expected = np.asarray(others.model(others.images.astype("float32")))
    found = load_runner(others.files["int8"]).predict(others.images)
    assert np.abs(found - expected).max() <= 10 / 256
    assert np.mean(np.abs(found - expected)) < 1.5 / 256
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95


def test_other_formats_are_of_the_network_without_ranges(others):
    expected = np.asarray(others.original(others.images.astype("float32")))
    for scheme, tolerance in (("float32", 1e-5), ("float16", 1e-2), ("dynamic", 5e-2)):
        found = load_runner(others.files[scheme]).predict(others.images.astype("float32"))
        np.testing.assert_allclose(found, expected, atol=tolerance)
        assert not [each for each in read_graph(others.files[scheme]).operators if "FAKE" in each.op]


def test_the_manifest_says_where_ranges_are_from(others):
    manifest = json.loads((others.files["int8"].parent / "manifest.json").read_text())
    calibration = {entry["scheme"]: entry["calibration"] for entry in manifest["models"]}
    assert calibration == {"int8": {"ranges": "trained"}, "float32": None, "float16": None, "dynamic": None}


def test_images_are_asked_for_only_where_they_are_needed(others, tmp_path):
    with pytest.raises(EdgezooError, match=r"others\.keras cannot be exported as int16x8: training images are needed"):
        export_model(others.path, tmp_path / "a", ("int8", "int16x8"))
    with pytest.raises(EdgezooError, match=r"ranges of others\.keras were trained.* leave out .*--estimator"):
        export_model(others.path, tmp_path / "b", estimator="mse")


def test_what_stays_in_floats_for_lack_of_a_range_is_named(tmp_path):
    image = keras.Input((8, 8, 1), name="image")
    x = layers.Activation("hard_silu", name="bend")(layers.Conv2D(2, 3, name="conv")(image))
    model = with_ranges(keras.Model(image, x), {"image": (0, 255), "bend": (-1, 5)})
    model.save(tmp_path / "lacking.keras")
    with pytest.raises(EdgezooError, match=r"layer .conv. .Conv2D. uses CONV_2D.* no range was trained"):
        export_model(tmp_path / "lacking.keras", tmp_path)


def test_colours_become_gray_in_integers_too(tmp_path):
    """The front that makes gray of colours has the range of the input."""
    image = keras.Input((12, 12, 1), name="image")
    model = keras.Model(image, layers.Dense(3, name="logits")(layers.Flatten()(layers.Rescaling(1 / 255)(image))))
    gray = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 1), dtype="uint8")
    network, _ = ranged(model, gray)
    network.save(tmp_path / "gray.keras")
    (folder,), failures = export_for_targets(tmp_path / "gray.keras", tmp_path, ["phone"], settings=[("rgb", True)])
    assert not failures
    graph = read_graph(folder / "gray_int8.tflite")
    assert graph.tensors[graph.inputs[0]].shape == (1, 12, 12, 3)
    assert next(iter(graph.signatures.values()))["outputs"].keys() == {"logits"}
    found = load_runner(folder / "gray_int8.tflite").predict(np.repeat(gray, 3, axis=-1))
    step = graph.tensors[graph.outputs[0]].scale[0]
    assert np.abs(found - np.asarray(network(gray.astype("float32")))).max() < 4 * step
