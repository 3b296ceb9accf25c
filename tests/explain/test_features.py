import itertools

import keras
import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.explain.features import feature_maps, matching, stages
from edgezoo.explain.model_file import open_model
from edgezoo.export import Calibration, export_model
from edgezoo.zoo import Ensemble, FeedForward, PooledCNN, StridedCNN


@pytest.fixture(scope="module")
def pixels(pasted):
    return pasted.images[0]


def by_layer(maps):
    return {each.layer: each.values for each in maps}


def test_keras_feature_maps_are_the_layers_outputs(files, pixels):
    file = open_model(files["keras"])
    x = pixels[None].astype("float32")
    expected = {}
    for layer in file.classifier.model.layers[1:]:  # the reader is a chain
        x = layer(x)
        expected[layer.name] = np.asarray(x)[0]
    found = feature_maps(file, pixels)
    assert [each.layer for each in found] == [name for name, values in expected.items() if values.ndim == 3]
    for each in found:
        np.testing.assert_allclose(each.values, expected[each.layer], atol=1e-5)


@pytest.mark.parametrize("members", [("strided_xs", "pooled_xs", "global_m"), ("strided_m",)])
def test_branches_come_one_behind_the_other(members, tmp_path):
    model = Ensemble((20, 20, 1), members=members)
    model.save(tmp_path / "net.keras")
    file = open_model(tmp_path / "net.keras")
    found = [each.layer for each in feature_maps(file, np.zeros((20, 20, 1), np.uint8))]
    assert sorted(found) == sorted(layer.name for layer in model.layers[1:] if len(layer.output.shape) == 4)
    runs = [name for name, _ in itertools.groupby(layer.partition("_")[0] for layer in found)]
    assert sorted(runs) == [f"member{number}" for number in range(1, len(members) + 1)]
    for layer in found:  # each behind what it reads
        sources = [tensor._keras_history.operation.name for tensor in keras.tree.flatten(model.get_layer(layer).input)]
        assert all(found.index(source) < found.index(layer) for source in sources if source != "image")


@pytest.mark.parametrize(
    "network",
    [
        lambda: StridedCNN((20, 20, 3), filters=(8, 12), blocks=(1, 2), residual=True, units=()),
        lambda: PooledCNN((20, 20, 3), filters=(8, 12), pooling="min", units=(6,)),
        lambda: PooledCNN((20, 20, 3), filters=(8, 12), pooling="average", separable=True, blocks=2, units=()),
    ],
    ids=["residual", "minimum pooling", "separable"],
)
def test_float_tflite_equals_keras(network, tmp_path):
    keras.utils.set_random_seed(0)
    model = network()
    # Averages as after a training: the export folds them into the convolutions.
    random = np.random.default_rng(0)
    model.set_weights([w + 0.1 * random.random(w.shape).astype(w.dtype) for w in model.get_weights()])
    model.save(tmp_path / "net.keras")
    images = random.integers(0, 256, (8, 20, 20, 3)).astype(np.uint8)
    (file,) = export_model(tmp_path / "net.keras", tmp_path / "out", ("float32",), calibration=Calibration(images, {}))
    pairs = matching(*(feature_maps(open_model(path), images[0]) for path in (tmp_path / "net.keras", file)))
    assert len(pairs) >= 2  # at least the ends of the stages
    for kerass, tflites in pairs:
        np.testing.assert_allclose(tflites.values, kerass.values, atol=1e-4, err_msg=kerass.layer)


def test_float_tflite_of_a_trained_network_equals_keras(files, pixels):
    pairs = matching(*(feature_maps(open_model(files[form]), pixels) for form in ("keras", "float32")))
    assert {"stage1_relu", "stage3_pool"} <= {one.layer for one, _ in pairs}
    for one, two in pairs:
        np.testing.assert_allclose(two.values, one.values, atol=1e-4)


def test_int8_is_off_by_about_a_quantization_step(files, pixels):
    pairs = matching(*(feature_maps(open_model(files[form]), pixels) for form in ("float32", "int8")))
    assert len(pairs) >= 5
    for one, two in pairs:
        assert one.scale == 0 < two.scale
        # Values are whole steps, and the range has at most 255 of them.
        np.testing.assert_allclose(two.values / two.scale, np.round(two.values / two.scale), atol=1e-3)
        assert np.ptp(two.values) <= 255.01 * two.scale
        # Rounding alone gives step/√12; what earlier layers rounded comes on top.
        errors = (two.values - one.values) / two.scale
        assert np.sqrt(np.mean(errors**2)) < 1.5, one.layer
        assert abs(np.mean(errors)) < 0.5, one.layer
    first = (pairs[0][1].values - pairs[0][0].values) / pairs[0][1].scale
    assert 0.1 < np.sqrt(np.mean(first**2)) < 0.6  # 1/√12 = 0.29, and weights were rounded as well


def test_steps_inside_a_layer_are_no_feature_maps(tmp_path):
    """Minimum pooling is written as a maximum of the negative: that tensor must not pass for the layer's output."""
    PooledCNN((12, 12, 1), filters=(4,), pooling="min", units=()).save(tmp_path / "net.keras")
    (path,) = export_model(tmp_path / "net.keras", tmp_path / "out", ("float32",))
    layers = [each.layer for each in feature_maps(open_model(path), np.full((12, 12, 1), 100, np.uint8))]
    assert "stage1_relu" in layers and "stage1_pool" not in layers


def test_a_pattern_chooses_layers_and_one_that_fits_nothing_lists_them(files, pixels):
    file = open_model(files["keras"])
    assert [each.layer for each in feature_maps(file, pixels, "stage2_*")] == [
        layer.name for layer in file.classifier.model.layers if layer.name.startswith("stage2_")
    ]
    with pytest.raises(EdgezooError, match=r"no layer with feature maps fits 'conv9'; there are: .*stage1_relu"):
        feature_maps(file, pixels, "conv9")


def test_stages_are_the_last_of_each_shape(files, pixels):
    ends = stages(feature_maps(open_model(files["keras"]), pixels), pixels.shape)
    shapes = [each.values.shape for each in ends]
    assert len(set(shapes)) == len(shapes) and pixels.shape not in shapes


def test_dense_networks_have_none(tmp_path):
    FeedForward((6, 6, 1), units=(4,)).save(tmp_path / "dense.keras")
    keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]).save(tmp_path / "d.keras")
    with pytest.raises(EdgezooError, match="has no feature maps"):
        feature_maps(open_model(tmp_path / "d.keras"), np.zeros((6, 6, 1), np.uint8))


def test_two_networks_that_share_nothing(files, pixels, tmp_path):
    keras.Sequential([keras.Input((48, 48, 1)), keras.layers.Conv2D(2, 3), keras.layers.GlobalMaxPooling2D()]).save(
        tmp_path / "other.keras"
    )
    maps = [feature_maps(open_model(path), pixels) for path in (files["keras"], tmp_path / "other.keras")]
    with pytest.raises(EdgezooError, match="no layer in common"):
        matching(*maps)
