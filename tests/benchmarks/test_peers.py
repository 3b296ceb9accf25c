"""The networks that others have made: whether they are theirs, and whether they can be trained as ours are."""

import keras
import numpy as np
import peers
import pytest
from contenders import published
from peers import PEERS, contender, keep_resolution

from edgezoo.common.errors import UnknownName
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.export import Calibration, export_model
from edgezoo.inspection import describe
from edgezoo.inspection.graph import read_graph
from edgezoo.train.network import fitting

VARIED = [name.removesuffix("_32px") for name in PEERS if name.endswith("_32px")]
APPLICATIONS = {
    "mobilenet_025": (keras.applications.MobileNet, {"alpha": 0.25}),
    "mobilenet_v2_035": (keras.applications.MobileNetV2, {"alpha": 0.35}),
    "mobilenet_v3_small_minimalistic": (keras.applications.MobileNetV3Small, {"minimalistic": True}),
}


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def features(model):
    """Height and width of the last features."""
    return [layer.output.shape[1:3] for layer in model.layers if isinstance(layer, keras.layers.Conv2D)][-1]


@pytest.mark.parametrize("name", PEERS)
def test_it_takes_raw_pixels_and_ends_in_softmax(name, digits):
    model = PEERS[name]()
    assert model.name == name
    assert model.input_shape == (None, 28, 28, 1)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1))
    np.testing.assert_allclose(keras.ops.sum(model(pixels), axis=1), 1, rtol=1e-5)
    assert fitting(PEERS[name](digits.input_shape), digits).activation == "softmax"
    summary = describe(model)
    print(f"{name}: {summary.params:,} parameters, {summary.macs:,} multiply-accumulates")


@pytest.mark.parametrize(
    ("name", "input_shape", "classes", "params", "million_macs"),
    [
        # https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet_v1.md
        ("mobilenet_025_32px", (224, 224, 3), 1000, 475_544, 41),
        # https://github.com/tensorflow/models/blob/master/research/slim/nets/mobilenet/README.md
        ("mobilenet_v2_035_32px", (224, 224, 3), 1000, 1_691_208, 59),
        # https://github.com/mlcommons/tiny, and table 1 of Banbury et al. 2021, «MLPerf Tiny Benchmark»
        ("resnet8", (32, 32, 3), 10, 78_666, 12.5),
        # https://keras.io/examples/vision/mnist_convnet/
        ("tutorial_cnn", (28, 28, 1), 10, 34_826, None),
    ],
)
def test_it_has_the_published_size(name, input_shape, classes, params, million_macs):
    summary = describe(PEERS[name](input_shape, classes))
    assert summary.params == params
    if million_macs:
        assert summary.macs == pytest.approx(1e6 * million_macs, rel=0.01)


def test_fd_mobilenet_has_the_published_size():
    """125,477 in the table of the STM32 model zoo: for 5 classes, normalization folded into one bias a channel."""
    model = PEERS["fd_mobilenet_025_32px"]((224, 224, 3), 5)
    folded = sum(3 * layer.gamma.shape[0] for layer in model.layers if hasattr(layer, "gamma"))
    assert model.count_params() - folded == 125_477


@pytest.mark.parametrize("name", APPLICATIONS)
def test_it_is_the_function_of_its_makers(name):
    """Their whole network, its classifier included, gives the same probabilities with the same weights."""
    application, options = APPLICATIONS[name]
    own = PEERS[f"{name}_32px"]((64, 64, 3))
    theirs = application(input_shape=(64, 64, 3), classes=10, weights=None, **options)
    own.set_weights([a.reshape(b.shape) for a, b in zip(theirs.get_weights(), own.get_weights(), strict=True)])
    pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3)).astype("float32")
    rescaled = pixels if "v3" in name else pixels / 127.5 - 1
    np.testing.assert_allclose(own(pixels), theirs(rescaled), rtol=1e-4)


@pytest.mark.parametrize("name", VARIED)
def test_without_its_padding_layers_it_is_the_same_function(name):
    model = PEERS[f"{name}_32px"]((64, 64, 1))
    same = keep_resolution(model, downsamplings=0)
    same.set_weights(model.get_weights())
    pixels = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 1)).astype("float32")
    np.testing.assert_allclose(same(pixels), model(pixels), rtol=1e-4)


@pytest.mark.parametrize("name", VARIED)
def test_the_adapted_variant_sees_more(name):
    """28 pixels are halved four times rather than five."""
    padded, adapted = PEERS[f"{name}_32px"](), PEERS[f"{name}_adapted"]()
    assert features(padded) == (1, 1)
    assert features(adapted) == (2, 2)
    assert [weight.shape for weight in adapted.weights] == [weight.shape for weight in padded.weights]
    sides = [layer.output.shape[1] for layer in adapted.layers if len(layer.output.shape) == 4]
    assert list(dict.fromkeys(sides)) == [28, 14, 7, 4, 2]


def test_images_are_padded_with_black_all_around():
    model = PEERS["mobilenet_025_32px"]()
    padded = keras.Model(model.inputs, model.get_layer("rescale").output)(np.full((1, 28, 28, 1), 255.0))
    expected = np.full((1, 32, 32, 1), -1.0)
    expected[:, 2:-2, 2:-2] = 1
    np.testing.assert_allclose(padded, expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_it_becomes_an_int8_file(name, digits, tmp_path):
    """``export_model`` refuses what built-in operators lack; what has no integer form would be left in float."""
    model = PEERS[name](digits.input_shape)
    model.save(tmp_path / f"{name}.keras")
    (path,) = export_model(
        tmp_path / f"{name}.keras",
        tmp_path / "bundle",
        calibration=Calibration.draw(digits, n=20),
        labels=digits.class_names,
    )
    graph = read_graph(path)
    assert {tensor.dtype for tensor in graph.tensors} <= {"uint8", "int8", "int32"}
    assert describe(path).macs == describe(model).macs


def test_the_variant_that_learns_more_is_trained(forked_scripts, tmp_path, monkeypatch):
    """Of the smallest network, side by side; a second call trains nothing."""
    monkeypatch.setattr(peers, "TRIAL_EPOCHS", 1)
    monkeypatch.setattr(peers, "PEERS_TRAINED", tmp_path / "published")
    (tmp_path / "short.yaml").write_text("epochs: 1\nprecision: float32\n")
    arguments = ["fd_mobilenet_025", "--data", "digits", "--output", str(tmp_path)]
    arguments += ["--recipe", str(tmp_path / "short.yaml")]
    peers.main.main(arguments, standalone_mode=False)
    tried = [contender(tmp_path / "trial", "digits", f"fd_mobilenet_025{suffix}") for suffix in ("_32px", "_adapted")]
    (trained,) = [each for name in PEERS if (each := contender(tmp_path, "digits", name)).finished]
    assert trained.name == max(tried, key=lambda each: each.train_accuracy).name
    assert published(tmp_path / "published")["digits"][trained.name]["sha256"] == sha256(trained.keras)
    written = trained.keras.stat().st_mtime_ns
    peers.main.main(arguments, standalone_mode=False)
    assert trained.keras.stat().st_mtime_ns == written


def test_a_shortened_training_is_not_published(forked_scripts, tmp_path, monkeypatch):
    monkeypatch.setattr(peers, "PEERS_TRAINED", tmp_path / "published")
    (tmp_path / "float.yaml").write_text("epochs: 2\nprecision: float32\n")
    arguments = ["tutorial_cnn", "--data", "digits", "--output", str(tmp_path), "--epochs", "1"]
    peers.main.main([*arguments, "--recipe", str(tmp_path / "float.yaml")], standalone_mode=False)
    assert contender(tmp_path, "digits", "tutorial_cnn").finished
    assert not (tmp_path / "published").exists()


def test_a_wrong_name_meets_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'resnet8'"):
        peers.main.main(["resnet18", "--output", str(tmp_path)], standalone_mode=False)
