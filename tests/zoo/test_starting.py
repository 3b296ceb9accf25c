"""Weights out of files: those that tf-keras wrote, whose own predictions are what is held against, and hostile ones."""

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.zoo import build
from edgezoo.zoo.starting import start_from, start_of


def tiny(classes=5, channels=3, filters=4):
    """A network of three layers with weights, whose names are not those that Keras would give."""
    image = keras.Input((8, 8, channels))
    x = layers.Conv2D(filters, 3, use_bias=False, name="stem")(image)
    x = layers.ReLU()(layers.BatchNormalization(name="stem_norm")(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(classes, activation="softmax", name="predictions")(x), name="tiny")


def lively(model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    return model


def written(path, stored, group=None):
    """An ``.h5`` file in Keras 2's format of layer → ``{name of a weight: array}``, in the file or a group of it."""
    with h5py.File(path, "w") as file:
        top = file.create_group(group) if group else file
        top.attrs["layer_names"] = [name.encode() for name in stored]
        for name, weights in stored.items():
            layer = top.create_group(name)
            layer.attrs["weight_names"] = [weight.encode() for weight in weights]
            for weight, array in weights.items():
                layer.create_dataset(weight, data=array)
    return path


def stored(model, names=lambda name: name):
    """What ``written`` takes, with other names of the layers."""
    parts = {1: ["kernel:0"], 2: ["kernel:0", "bias:0"], 4: ["gamma:0", "beta:0", "mean:0", "variance:0"]}
    return {
        names(layer.name): dict(zip(parts[len(layer.weights)], layer.get_weights(), strict=True))
        for layer in model.layers
        if layer.weights
    }


def assert_same(model, other, *names):
    for name in names:
        for one, two in zip(model.get_layer(name).get_weights(), other.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory):
    """A MobileNet of Keras 2 for seven classes, as weights and as a model, with what it answers to images."""
    k = pytest.importorskip("tf_keras")
    k.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("mobilenet")
    model = k.applications.MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=7)
    rng = np.random.default_rng(0)
    model.set_weights([weight + rng.uniform(0, 0.3, weight.shape) for weight in model.get_weights()])
    model.save_weights(folder / "weights.h5")
    model.save(folder / "model.h5")
    grays = np.repeat(rng.integers(0, 256, (4, 32, 32, 1)), 3, axis=-1).astype("float32")
    colours = rng.integers(0, 256, (4, 32, 32, 3)).astype("float32")
    answers = [np.asarray(model(images / 127.5 - 1, training=False)) for images in (colours, grays)]
    return folder, (colours, answers[0]), (grays[..., :1], answers[1])


def test_a_model_of_keras_2_answers_as_it_did(mobilenet, capsys):
    folder, (images, expected), _ = mobilenet
    model = build("mobilenet_025", input_shape=(32, 32, 3), classes=7, weights=folder / "model.h5")
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-6)
    assert start_of(model).new == () and start_of(model).sha256 == sha256(folder / "model.h5")
    assert "starts from" not in capsys.readouterr().err


def test_weights_of_keras_2_answer_the_same_to_a_gray_image(mobilenet):
    folder, _, (images, expected) = mobilenet
    model = build("mobilenet_025", input_shape=(32, 32, 1), classes=7, weights=folder / "weights.h5")
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("file", ["old.keras", "old.weights.h5", "old.h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_of_other_classes_all_but_the_classifier_is_taken(file, tmp_path, capsys):
    old, new = lively(tiny(classes=9)), tiny()
    (old.save_weights if "weights" in file else old.save)(tmp_path / file)
    start_from(new, tmp_path / file, "imagenet")
    assert_same(new, old, "stem", "stem_norm")
    assert start_of(new).weights == "imagenet" and start_of(new).new == ("predictions",)
    told = "tiny starts from imagenet: 2 layers have its weights, new is predictions ([4, 5] and [5])"
    assert told in " ".join(capsys.readouterr().err.split())
    assert start_of(tiny()) is None


def test_layers_inside_of_another_model_are_found(tmp_path):
    body = lively(keras.Model((inner := tiny()).input, inner.get_layer("stem_norm").output, name="body"))
    keras.Sequential([keras.Input((8, 8, 3)), body, layers.Flatten(), layers.Dense(2)]).save(tmp_path / "nested.keras")
    start_from(model := tiny(), tmp_path / "nested.keras")
    assert_same(model, inner, "stem", "stem_norm")


@pytest.mark.parametrize("classes", [5, 9])
def test_where_no_name_is_known_the_order_counts(classes, tmp_path):
    names = {"stem": "Conv", "stem_norm": "Conv/BatchNorm", "predictions": "Logits"}
    old = lively(tiny(classes))
    start_from(new := tiny(), written(tmp_path / "scopes.h5", stored(old, names.get), "model_weights"))
    assert_same(new, old, "stem", "stem_norm", *(["predictions"] if classes == 5 else []))
    assert start_of(new).new == (() if classes == 5 else ("predictions",))


def test_a_classifier_that_was_a_convolution_is_taken(tmp_path):
    layers_ = stored(lively(old := tiny()))
    kernel, bias = layers_.pop("predictions").values()
    file = written(tmp_path / "old.h5", {**layers_, "conv_preds": {"kernel:0": kernel[None, None], "bias:0": bias}})
    start_from(new := tiny(), file)
    assert_same(new, old, "predictions")


def test_what_does_not_fit_is_named(tmp_path):
    layers_ = stored(tiny())
    del layers_["stem_norm"]
    with pytest.raises(EdgezooError, match=r"tiny cannot start from .*: it has no weights for its layer stem_norm\.$"):
        start_from(tiny(), written(tmp_path / "less.h5", layers_))
    with pytest.raises(
        EdgezooError, match=r"layer stem has weights of \[3, 3, 4, 4\], those in the file are \[3, 3, 3, 4\]"
    ):
        start_from(tiny(channels=4), written(tmp_path / "colour.h5", stored(tiny())))


def outside(path, file):
    del file["stem/kernel:0"]
    with h5py.File(path.with_name("secret.h5"), "w") as other:
        other["secret"] = np.ones((3, 3, 3, 4), "float32")
    file["stem/kernel:0"] = h5py.ExternalLink("secret.h5", "secret")


def raw(path, file):
    del file["stem/kernel:0"]
    path.with_name("raw").write_bytes(bytes(432))
    file["stem"].create_dataset("kernel:0", (3, 3, 3, 4), "float32", external=[(path.with_name("raw"), 0, 432)])


def bomb(path, file):
    del file["stem/kernel:0"]
    file["stem"].create_dataset("kernel:0", (1 << 20, 1 << 20), "float32", chunks=(1, 1024), compression="gzip")


def replaced(array):
    def change(path, file):
        del file["stem/kernel:0"]
        file["stem/kernel:0"] = array

    return change


def unnamed(path, file):
    del file.attrs["layer_names"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (outside, "ExternalLink"),
        (raw, "external Dataset"),
        (bomb, r"weights|bomb|bytes"),
        (replaced(np.full((3, 3, 3, 4), np.nan, "float32")), "NaN or infinite"),
        (replaced(np.ones((3, 3, 3, 4), "complex64")), "complex64 where .* is float32"),
        (replaced(np.full((3, 3, 3, 4), b"x")), "where .* is float32"),
        (replaced(np.ones((3, 3, 3, 4), "int64")), "int64 where .* is float32"),
        (unnamed, "no .h5 or .keras file of weights, or damaged"),
    ],
)
def test_hostile_and_damaged_files_are_errors_of_one_line(damage, words, tmp_path):
    path = written(tmp_path / "mine.h5", stored(tiny()))
    with h5py.File(path, "r+") as file:
        damage(path, file)
    with pytest.raises(EdgezooError, match=words) as error:
        start_from(tiny(), path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600 and str(path) in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no weights", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_what_is_no_hdf5_file_is_said(content, tmp_path):
    (tmp_path / "mine.h5").write_bytes(content)
    with pytest.raises(EdgezooError, match=r"mine\.h5 is (empty|no \.h5 or \.keras file)"):
        start_from(tiny(), tmp_path / "mine.h5")
    with pytest.raises(EdgezooError, match=r"nothing\.h5 does not exist"):
        build("strided_xs", weights=tmp_path / "nothing.h5")


def test_files_of_an_older_keras_3_name_no_layers(tmp_path):
    tiny().save_weights(tmp_path / "old.weights.h5")
    with h5py.File(tmp_path / "old.weights.h5", "r+") as file:
        file.visititems(lambda path, item: item.attrs.pop("name", None) and None)
    with pytest.raises(EdgezooError, match="of an older Keras and names no layers"):
        start_from(tiny(), tmp_path / "old.weights.h5")
