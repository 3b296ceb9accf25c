"""``compress_model``: a network of a stranger's making, trained, compressed, stopped and gone on with."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.compress import Settings, Twin, compress_model
from edgezoo.datasets import load_dataset
from edgezoo.inspection.kernels import kernels_of
from edgezoo.train import Recipe, Teacher, fit
from edgezoo.train.teachers import SoftTargets
from edgezoo.zoo import FakeQuantize, load_model

from ..rendered import shapes

RECIPE = Recipe(epochs=3, batch_size=50, learning_rate=2e-3, shift=0.05)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "shapes.npz"
    images, labels = shapes(500, side=16, channels=3)
    np.savez(path, x_train=images[:400], y_train=labels[:400], x_test=images[400:], y_test=labels[400:])
    return load_dataset(path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, dataset):
    """File of a trained network with squeeze-and-excite, a separable convolution, a concatenation and a skip."""
    pytest.importorskip("tensorflow_model_optimization")
    keras.utils.set_random_seed(1)
    image = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 127.5, -1)(image)
    x = layers.Conv2D(12, 3, strides=2, padding="same", use_bias=False, name="stem")(x)
    x = layers.ReLU(max_value=6)(layers.BatchNormalization(momentum=0.9)(x))
    y = layers.SeparableConv2D(12, 3, padding="same", activation="hard_silu", name="separable")(x)
    gate = layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(y))
    y = layers.Multiply()([y, layers.Dense(12, activation="sigmoid")(gate)])
    x = layers.Add(name="skip")([x, y])
    x = layers.Concatenate()([x, layers.MaxPooling2D(3, 1, "same")(x)])
    x = layers.Dropout(0.1)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, layers.Dense(4, activation="softmax", name="head")(x), name="strange")
    folder = tmp_path_factory.mktemp("trained") / "run"
    return fit(model, dataset, folder, Recipe(epochs=15, batch_size=50, learning_rate=0.01, shift=0.05)).model_path


@pytest.fixture(scope="module")
def whole(tmp_path_factory, trained, dataset):
    """An unbroken run of two stages."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return compress_model(trained, "prune+qat", dataset, folder, RECIPE)


def test_it_keeps_its_accuracy_its_zeros_and_ranges(whole, trained, dataset):
    before = json.loads((trained.parent / "run.json").read_text())["results"]["val_accuracy"]
    assert before > 0.8 and whole.val_accuracy > before - 0.1
    model = load_model(whole.model_path)
    rows = {row["layer"]: row for row in kernels_of(model)}
    assert all(rows[name]["zeros"] == 0.5 for name in ("stem", "head"))
    ranges = [layer for layer in model.layers if isinstance(layer, FakeQuantize)]
    assert any(layer.name.startswith("stem") or "re_lu" in layer.name for layer in ranges)
    assert (float(ranges[0].minimum), float(ranges[0].maximum)) == (0, 255)  # of the pixels
    images = dataset.validation.read(range(len(dataset.validation)))
    answers = model.predict(images.astype("float32"), verbose=0).argmax(axis=1)
    assert np.mean(answers == dataset.validation.labels) == whole.val_accuracy


def test_the_run_says_what_was_done(whole, trained):
    record = json.loads((whole.run_dir / "run.json").read_text())
    first = json.loads((whole.run_dir / "1_prune" / "run.json").read_text())
    assert record["compression"]["stage"] == "qat"
    assert first["compression"] | {"of_sha256": None} == {
        "stage": "prune",
        "sparsity": 0.5,
        "structure": None,
        "skip": [],
        "of_sha256": None,
    }
    assert record["compression"]["of_sha256"] == first["results"]["model_sha256"]
    assert first["results"]["best_epoch"] > 0.6 * RECIPE.epochs  # all zeros are there


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_run_whose_child_is_killed_goes_on_to_the_same_bits(tmp_path, monkeypatch, trained, dataset, whole, kills):
    rng, killed = np.random.default_rng(kills), 0
    step = Twin.step

    def dying(self, images, targets):
        if rng.random() < 0.15:
            self.process.kill()
        return step(self, images, targets)

    folder = tmp_path / "broken"
    with monkeypatch.context() as patch:
        patch.setattr(Twin, "step", dying)
        while killed < kills:
            try:
                compress_model(trained, "prune+qat", dataset, folder, RECIPE, resume=True)
                shutil.rmtree(folder)  # it lived to its end
            except EdgezooError as error:
                assert "tf-keras was ended by SIGKILL" in str(error)
                killed += 1
    compress_model(trained, "prune+qat", dataset, folder, RECIPE, resume=True)
    for name in ("1_prune/checkpoint.npz", "checkpoint.npz"):
        with np.load(folder / name) as one, np.load(whole.run_dir / name) as other:
            assert one.files == other.files
            for key in set(one.files) - {"history"}:
                np.testing.assert_array_equal(one[key], other[key], err_msg=f"{name} {key}")


def test_teachers_see_what_the_twin_sees(tmp_path, monkeypatch, trained, dataset):
    teacher = Teacher.load(trained)

    def look(self, images, targets):
        np.testing.assert_allclose(targets[:, 4:], SoftTargets([teacher], 4.0)(images), rtol=1e-4, atol=1e-6)
        assert images.shape == (50, 16, 16, 3) and targets.shape == (50, 8)
        np.testing.assert_allclose(targets[:, :4].max(axis=1), 1 - 0.05 * 3 / 4, rtol=1e-5)  # smoothed labels
        raise EdgezooError("seen")

    monkeypatch.setattr(Twin, "step", look)
    with pytest.raises(EdgezooError, match="seen"):
        compress_model(trained, "qat", dataset, tmp_path / "run", RECIPE, teachers=[teacher])
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert record["teachers"] == [teacher.identity]


@pytest.mark.parametrize(
    ("method", "settings", "recipe", "told"),
    [
        ("qat", {}, {"optimizer": "muon"}, "has no Muon; take the optimizer adamw"),
        ("cluster", {}, {"ema": 0.9}, "set the recipe's ema to 0"),
        ("prune", {}, {"precision": "mixed_bfloat16"}, "compression trains in float32"),
    ],
)
def test_recipes_that_a_twin_cannot_follow_are_refused(tmp_path, trained, dataset, method, settings, recipe, told):
    with pytest.raises(EdgezooError, match=told):
        compress_model(trained, method, dataset, tmp_path / "run", Recipe(**recipe), Settings(**settings))


def test_what_is_compressed_already_is_refused(tmp_path, whole, dataset):
    with pytest.raises(EdgezooError, match=r"layer 'stem' is pruned already \(50% of its kernel is zero\).*prune\+qat"):
        compress_model(whole.run_dir / "1_prune" / "model.keras", "qat", dataset, tmp_path / "run", RECIPE)


def test_other_classes_are_refused(tmp_path, trained, dataset):
    path, record = shutil.copy(trained, tmp_path), json.loads((trained.parent / "run.json").read_text())
    record["dataset"]["class_names"] = ["w", "x", "y", "z"]
    (tmp_path / "run.json").write_text(json.dumps(record))
    other = dataclasses.replace(dataset, class_names=("a", "b", "c", "d"), name="letters")
    with pytest.raises(EdgezooError, match="was trained on the classes w, x, y, z, but letters has a, b, c, d"):
        compress_model(path, "qat", other, tmp_path / "run", RECIPE)
