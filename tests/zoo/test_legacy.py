"""Files of Keras 2, written by tf-keras, whose own predictions are what a converted network is held against."""

import json
import os
import shutil
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.inspection.files import KERAS, kind_of, model_name
from edgezoo.zoo import load_model, use_custom
from edgezoo.zoo.legacy import loading
from edgezoo.zoo.legacy.configs import to_keras_3
from edgezoo.zoo.legacy.operations import to_layer
from edgezoo.zoo.legacy.source import read_source

OWN = """
import keras

class Scale(keras.layers.Layer):
    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(shape[-1],))

    def call(self, x):
        return x * self.gain

@keras.saving.register_keras_serializable("Mine")
class Shift(Scale):
    pass
"""


def network(k):
    """What files of Keras 2 are made of: preprocessing in bare operations, a nested network, branches, a slash."""
    layers = k.layers
    image = k.Input((12, 12, 3), name="image")
    base_image = k.Input((12, 12, 3))
    x = layers.Conv2D(8, 3, strides=2, use_bias=False, name="Conv")(base_image)
    x = layers.BatchNormalization(name="Conv/BatchNorm")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="dw")(layers.ReLU(6.0)(x))
    base = k.Model(base_image, layers.SeparableConv2D(8, 3, padding="same")(x), name="base")
    base.trainable = False
    head = k.Sequential([layers.Conv2D(4, 1, input_shape=(5, 5, 8)), layers.LeakyReLU(0.1)], name="head")
    x = base(1 - k.applications.mobilenet.preprocess_input(image) * 2, training=False)
    x = layers.Concatenate()([head(x), layers.Conv2D(4, 1, name="left")(x), layers.Conv2D(4, 1, name="right")(x)])
    x = layers.MultiHeadAttention(2, 2, name="attention")(x, x)
    x = layers.Bidirectional(layers.GRU(3), name="both_ways")(layers.Reshape((25, 12))(x))
    return k.Model(image, layers.Dense(3, activation="softmax", name="dense")(layers.Dropout(0.2)(x)), name="old")


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    k = pytest.importorskip("tf_keras")
    k.utils.set_random_seed(3)
    folder = tmp_path_factory.mktemp("old")
    images = np.random.default_rng(0).integers(0, 256, (4, 12, 12, 3)).astype("float32")
    model = network(k)
    model.set_weights([weight + np.random.default_rng(1).random(weight.shape) for weight in model.get_weights()])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    model.save(folder / "old.h5")
    model.save(folder / "old.keras")
    model.save_weights(folder / "weights.h5")
    convolution = k.layers.Conv2D(2, 3, input_shape=(12, 12, 3), name="c")
    small = k.Sequential([convolution, k.layers.BatchNormalization(name="b")])
    small.save(folder / "saved")

    class Scale(k.layers.Layer):
        def build(self, shape):
            self.gain = self.add_weight(name="gain", shape=(shape[-1],))

        def call(self, x):
            return x * self.gain

    @k.saving.register_keras_serializable("Mine")
    class Shift(Scale):
        pass

    own = k.Sequential([Scale(input_shape=(12, 12, 3)), Shift(), k.layers.Flatten(), k.layers.Dense(2)])
    own.save(folder / "own.h5")
    own.save(folder / "own.keras")
    (folder / "own.py").write_text(OWN)
    names = [layer.name for layer in model.layers]
    answers = {each: np.asarray(each(images)) for each in (model, small, own)}
    return SimpleNamespace(
        folder=folder, images=images, names=names, answers=answers[model], small=answers[small], own=answers[own]
    )


@pytest.fixture
def without_tf_keras(monkeypatch):
    monkeypatch.setattr("edgezoo.zoo.legacy.tf_keras.is_installed", lambda: False)


def answers(model, images):
    return np.asarray(model(images, training=False))


@pytest.mark.parametrize("name", ["old.h5", "old.keras"])
def test_a_file_of_keras_2_is_loaded_without_keras_2(old, name, without_tf_keras):
    model = load_model(old.folder / name)
    np.testing.assert_allclose(answers(model, old.images), old.answers, atol=1e-5)
    assert [layer.name for layer in model.layers] == old.names
    assert [layer.name for layer in model.get_layer("base").layers][1:3] == ["Conv", "Conv_BatchNorm"]
    assert not model.get_layer("base").trainable


def test_a_saved_model_is_read_by_tf_keras_in_a_child(old):
    model = load_model(old.folder / "saved")
    np.testing.assert_allclose(answers(model, old.images), old.small, rtol=1e-5, atol=1e-5)
    assert [layer.name for layer in model.layers] == ["c", "b"]


def test_a_saved_model_that_claims_more_weights_than_it_holds_takes_no_memory(old, tmp_path):
    folder = shutil.copytree(old.folder / "saved", tmp_path / "saved")
    metadata = pytest.importorskip("tf_keras.protobuf.saved_metadata_pb2").SavedMetadata.FromString(
        (folder / "keras_metadata.pb").read_bytes()
    )
    for node in metadata.nodes:
        node.metadata = node.metadata.replace('"filters": 2', '"filters": 20000000')
    (folder / "keras_metadata.pb").write_bytes(metadata.SerializeToString())
    with pytest.raises(
        EdgezooError, match=r"has weights '.*' of \[3, 3, 3, 20000000\], 2.2 GB, which are not in the file"
    ):
        load_model(folder)


def test_a_saved_model_without_tf_keras_says_what_to_install(old, without_tf_keras):
    with pytest.raises(EdgezooError, match=r"cannot load .*saved: only Keras 2 itself .*edgezoo\[compress\]"):
        load_model(old.folder / "saved")


def test_weights_that_lie_elsewhere_are_fetched_by_tf_keras(old, monkeypatch):
    monkeypatch.setattr(loading, "has_order_of", lambda model, config: False)
    np.testing.assert_allclose(answers(load_model(old.folder / "old.keras"), old.images), old.answers, atol=1e-5)


def test_convert_keeps_it_and_compares(old, tmp_path):
    new = tmp_path / "new.keras"
    result = CliRunner().invoke(main, ["convert", str(old.folder / "old.h5"), "-o", str(new), "--json"])
    document = json.loads(result.stdout)
    assert document["sha256"] == sha256(new)
    assert document["source_format"] == "hdf5" and document["keras_version"].startswith("2.")
    assert document["layers"] == len(old.names) and 0 <= document["largest_difference"] < 1e-5
    model = keras.saving.load_model(new)
    np.testing.assert_allclose(answers(model, old.images), old.answers, atol=1e-5)
    assert document["params"] == model.count_params()


def test_convert_compares_nothing_without_tf_keras(old, tmp_path, without_tf_keras):
    arguments = ["convert", str(old.folder / "old.keras"), "-o", str(tmp_path / "new.keras")]
    assert json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)["largest_difference"] is None
    assert "could not be compared here" in CliRunner().invoke(main, arguments).stdout


def test_the_wrong_kind_of_output_is_said_first(old):
    result = CliRunner().invoke(main, ["convert", "no-such.h5", "-o", "new.h5"])
    assert result.exit_code == 1 and "must be named NAME.keras" in result.stderr


def test_h5_of_keras_3(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()])
    model.save(tmp_path / "model.h5")
    images = np.ones((1, 4, 4, 1), "float32")
    assert np.array_equal(load_model(tmp_path / "model.h5")(images), model(images))


def test_what_holds_no_network(old, tmp_path):
    (tmp_path / "cut.h5").write_bytes((old.folder / "old.h5").read_bytes()[:5000])
    (tmp_path / "empty_folder").mkdir()
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions/saved_model.pb").touch()
    with h5py.File(tmp_path / "other.h5", "w"):
        pass
    for path, message in {
        old.folder / "weights.h5": "holds weights alone, without the network",
        tmp_path / "cut.h5": "damaged or not an HDF5 file",
        tmp_path / "other.h5": "holds no Keras model",
        tmp_path / "empty_folder": "a folder, but no SavedModel",
        tmp_path / "functions": "a SavedModel without Keras layers",
    }.items():
        with pytest.raises(EdgezooError, match=message):
            load_model(path)


@pytest.mark.parametrize("form", ["h5", "keras"])
def test_code_in_a_file_of_keras_2_is_never_run(old, tmp_path, form):
    import tf_keras as k

    path = tmp_path / f"code.{form}"
    mark = str(tmp_path / "was_run")
    k.Sequential([k.layers.Lambda(lambda x: os.mkdir(mark) or x, input_shape=(2,))]).save(path)
    os.rmdir(mark)
    with pytest.raises(EdgezooError, match=rf"cannot load .*code\.{form} \(Keras 2.*Lambda layer, that is code"):
        load_model(path)
    assert not os.path.exists(mark)


def test_weights_of_other_layers_are_not_taken(old, tmp_path):
    path = tmp_path / "mixed.h5"
    path.write_bytes((old.folder / "old.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"left"', '"centre"')
    with pytest.raises(EdgezooError, match="its weights are not those of its layers: centre, left"):
        load_model(path)


@pytest.mark.parametrize("name", ["own.h5", "own.keras"])
def test_layers_of_one_s_own(old, name):
    with pytest.raises(EdgezooError, match=r"its layer 'scale' is a .*Scale, .* give the file .* --custom FILE\.py"):
        load_model(old.folder / name)
    with use_custom(old.folder / "own.py"):
        model = load_model(old.folder / name)
    np.testing.assert_allclose(answers(model, old.images), old.own, rtol=1e-5)


def layer(kind, **config):
    entry = {"class_name": kind, "config": {"name": "it", **config}}
    return {"class_name": "Sequential", "config": {"layers": [entry]}}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (layer("RandomHeight", factor=0.1), "'it' is a RandomHeight, which is not part of Keras 3"),
        (layer("DepthwiseConv2D", kernel_size=3, groups=2), "'it', a DepthwiseConv2D, has groups=2"),
        (layer("TimeDistributed", layer={"class_name": "Lambda", "config": {}}), "Lambda layer, that is code"),
        ({"class_name": "MyModel", "config": {}}, "no functional or sequential model"),
    ],
)
def test_what_has_no_twin_is_named(entry, message):
    with pytest.raises(EdgezooError, match=message):
        to_keras_3(entry, {})


def test_a_configuration_of_2018():
    """A list of layers without an input layer, initializers with types, arguments that are no more."""
    shape = {"batch_input_shape": [None, 6, 6, 3]}
    zeros = {"class_name": "Zeros", "config": {"dtype": "float32"}}
    layers = [
        {"class_name": "Conv2D", "config": {"filters": 2, "kernel_size": 3, "kernel_initializer": zeros, **shape}},
        {"class_name": "SpatialDropout2D", "config": {"rate": 0.1, "noise_shape": None, "trainable": True}},
    ]
    entry = to_keras_3({"class_name": "Sequential", "config": layers}, {})
    model = keras.saving.deserialize_keras_object(entry)
    assert model.input_shape == (None, 6, 6, 3) and model.output_shape == (None, 4, 4, 2)


def test_twins_under_another_name():
    names = [("LeakyReLU", "alpha", "negative_slope"), ("ThresholdedReLU", "theta", "threshold")]
    for kind, before, after in names:
        (entry,) = to_keras_3(layer(kind, **{before: 0.5}), {})["config"]["layers"]
        assert entry["config"][after] == 0.5


TENSOR = {"class_name": "__keras_tensor__"}


@pytest.mark.parametrize(
    ("function", "argument", "named", "expected"),
    [
        ("math.add", TENSOR, {"y": 3.0}, lambda x: x + 3),
        ("__operators__.add", 3.0, {"y": TENSOR}, lambda x: 3 + x),
        ("math.subtract", TENSOR, {"y": [1.0, 2.0]}, lambda x: x - [1, 2]),
        ("math.subtract", 1.0, {"y": TENSOR}, lambda x: 1 - x),
        ("math.multiply", TENSOR, {"y": 0.5}, lambda x: x * 0.5),
        ("math.truediv", TENSOR, {"y": 127.5}, lambda x: x / 127.5),
        ("nn.relu6", TENSOR, {}, lambda x: np.clip(x, 0, 6)),
        ("math.reduce_mean", TENSOR, {"axis": [1, 2]}, lambda x: x.mean((1, 2))),
        ("reshape", TENSOR, {"shape": [-1, 8]}, lambda x: x.reshape(-1, 8)),
        ("cast", TENSOR, {"dtype": "float32"}, lambda x: x),
    ],
)
def test_a_bare_operation_as_a_layer(function, argument, named, expected):
    kind, config, call = to_layer("it", function, {"args": [argument], "kwargs": named})
    x = np.random.default_rng(0).normal(0, 5, (3, 2, 2, 2)).astype("float32")
    assert call["args"] == [TENSOR]
    np.testing.assert_allclose(getattr(keras.layers, kind)(**config)(x), expected(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("function", "argument", "named"),
    [
        ("io.write_file", TENSOR, {"contents": "x"}),
        ("math.truediv", 1.0, {"y": TENSOR}),
        ("math.truediv", TENSOR, {"y": 0.0}),
        ("math.truediv", TENSOR, {"y": TENSOR}),
        ("math.add", TENSOR, {"y": "x"}),
        ("reshape", TENSOR, {"shape": [2, 8]}),
    ],
)
def test_an_operation_that_is_no_layer_is_named(function, argument, named):
    with pytest.raises(EdgezooError, match=rf"its layer 'it' calls tf\.{function}"):
        to_layer("it", function, {"args": [argument], "kwargs": named})


def test_what_a_file_says_of_itself(old):
    for name, form in [("old.h5", "hdf5"), ("old.keras", "keras"), ("saved", "saved_model")]:
        source = read_source(old.folder / name)
        assert source.format == form and source.is_keras_2
        assert kind_of(old.folder / name) == KERAS
        assert model_name(f"{old.folder}/{name}{os.sep if form == 'saved_model' else ''}") == name.split(".")[0]
