import copy
import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from keras import layers
from scipy.special import log_softmax, softmax

from edgezoo import train
from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.train import Recipe, Teacher, fit, loop, network
from edgezoo.train.stream import training_batches
from edgezoo.train.teachers import SoftTargets, require_teaching
from edgezoo.zoo import build, join_members
from edgezoo.zoo.classifier import classifier

from ..schemas import assert_valid
from .test_loop import assert_same_run, before_call, ctrl_c

RECIPE = Recipe(epochs=2, batch_size=32, learning_rate=5e-3, mixup=0.2, cutmix=0.2, ema=0.8, precision="float32")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("teachers")


@pytest.fixture(scope="module")
def saved(folder, make_model):
    """A function that saves what ``make_model`` makes, with weights of its own, and loads it as a teacher."""

    def save(name, seed=0, **kwargs):
        model = make_model(name=name, **kwargs)
        rng = np.random.default_rng(seed)
        model.set_weights([weight + rng.uniform(0, 0.1, weight.shape) for weight in model.get_weights()])
        model.save(folder / f"{name}.keras")
        return Teacher.load(folder / f"{name}.keras")

    return save


@pytest.fixture(scope="module")
def pair(saved):
    """Two teachers, one that ends in probabilities and one in logits."""
    return [saved("probabilities", 1), saved("logits", 2, activation=None)]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(0, 255, (6, 16, 16, 3)).astype("float32")


def logits_of(teacher, images):
    outputs = np.asarray(teacher.form.model(images, training=False), float)
    return np.log(outputs) if teacher.form.gives_probabilities else outputs


def softened(teachers, images, temperature):
    return np.mean([softmax(logits_of(each, images) / temperature, axis=1) for each in teachers], axis=0)


def test_several_teachers_are_the_mean_of_their_softened_answers(pair, images):
    for teachers in ([pair[0]], [pair[1]], pair):
        soft = SoftTargets(teachers, 4.0)(images)
        np.testing.assert_allclose(soft, softened(teachers, images, 4), rtol=1e-4)
    lower = SoftTargets(pair, 4.0, "mixed_bfloat16")(images)
    assert lower.dtype == "float32"
    np.testing.assert_allclose(lower, softened(pair, images, 4), atol=0.01)


def test_an_ensemble_teaches_the_mean_of_its_members_logits(pair, folder, images):
    join_members([each.form.model for each in pair]).save(folder / "ensemble.keras")
    mean = np.mean([log_softmax(logits_of(each, images), axis=1) for each in pair], axis=0)
    soft = SoftTargets([Teacher.load(folder / "ensemble.keras")], 3.0)(images)
    np.testing.assert_allclose(soft, softmax(mean / 3, axis=1), rtol=1e-4)


def test_one_sigmoid_teaches_two_classes(saved, images):
    teacher = saved("sigmoid", classes=1, activation="sigmoid")
    second = np.asarray(teacher.form.model(images), float)[:, :1]
    odds = (second / (1 - second)) ** (1 / 5)
    expected = np.concatenate([1 / (1 + odds), odds / (1 + odds)], axis=1)
    np.testing.assert_allclose(SoftTargets([teacher], 5.0)(images), expected, rtol=5e-3)


@pytest.mark.parametrize("activation", ["softmax", None])
def test_a_step_is_that_of_the_formula(pair, dataset, make_model, activation):
    """The teachers see the student's own blended images. Without dropout and normalization, by NumPy."""
    recipe = dataclasses.replace(RECIPE, alpha=0.7, temperature=2.5, optimizer="sgd", warmup=0)
    inputs = keras.Input((16, 16, 3))
    outputs = layers.Dense(4, activation=activation)(layers.Flatten()(layers.Rescaling(1 / 255)(inputs)))
    model = keras.Model(inputs, outputs)
    x, targets = next(training_batches(dataset.train, 4, recipe).as_numpy_iterator())
    assert ((targets > 0.1).sum(axis=1) > 1).any()  # blended
    trainer = network.trainer(
        classifier(model, "net"), "float32", recipe, steps=9, soft_targets=SoftTargets(pair, recipe.temperature)
    )
    logs = trainer.train_on_batch(x, targets, return_dict=True)

    kernel, bias = map(np.float64, model.get_weights())
    flat = x.reshape(len(x), -1) / 255
    logits, soft = flat @ kernel + bias, softened(pair, x, 2.5)
    from_labels = -(targets * log_softmax(logits, axis=1)).sum(1)
    from_teachers = (soft * (np.log(soft) - log_softmax(logits / 2.5, axis=1))).sum(1)
    assert logs["loss"] == pytest.approx((0.3 * from_labels + 0.7 * 2.5**2 * from_teachers).mean(), rel=1e-4)
    assert logs["accuracy"] == pytest.approx((logits.argmax(1) == targets.argmax(1)).mean())

    gradient = 0.3 * (softmax(logits, axis=1) - targets) + 0.7 * 2.5 * (softmax(logits / 2.5, axis=1) - soft)
    step = -flat.T @ gradient / len(x) * recipe.learning_rate * 1.9  # Nesterov's first step
    moved = trainer.get_weights()[0] - kernel * (1 - recipe.learning_rate * recipe.weight_decay)
    np.testing.assert_allclose(moved, step, rtol=1e-3, atol=1e-7)


def test_the_teachers_are_no_part_of_the_student(pair, make_model):
    """Neither their weights nor another order of its own, of whatever form it is."""
    base = make_model(classes=6, activation="relu")
    inputs = keras.Input((16, 16, 3))
    sides = [layers.GlobalAveragePooling2D()(layers.Conv2D(5, size)(inputs)) for size in (5, 3)]
    branches = layers.Concatenate()([*reversed(sides), base(inputs)])
    for model in (
        keras.Sequential([keras.Input((16, 16, 3)), base, layers.Dense(4)]),
        keras.Model(inputs, layers.Dense(4)(branches)),
        join_members([make_model(), make_model()]),
        make_model(classes=1, activation="sigmoid"),
    ):
        trainer = network.trainer(
            classifier(model, "net"), "float32", RECIPE, steps=9, soft_targets=SoftTargets(pair, 4.0)
        )
        for a, b in zip(model.get_weights(), trainer.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def whole(folder, dataset, make_model, pair):
    """An unbroken run."""
    return fit(make_model(), dataset, folder / "whole", RECIPE, teachers=pair)


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path, monkeypatch, dataset, make_model, pair, whole):
    with monkeypatch.context() as patch:
        before_call(patch, loop._Watch, "on_train_batch_end", 12, ctrl_c)
        fit(make_model(), dataset, tmp_path / "run", RECIPE, teachers=pair)
    moved = [Teacher.load(shutil.copy(each.path, tmp_path)) for each in pair]
    fit(make_model(), dataset, tmp_path / "run", RECIPE, teachers=moved, resume=True)
    assert_same_run(tmp_path / "run", whole.run_dir)


def test_the_record_names_the_teachers_and_no_others_go_on(saved, dataset, make_model, pair, whole):
    record = json.loads((whole.run_dir / "run.json").read_text())
    assert record["teachers"] == [{"name": each.path.stem, "sha256": sha256(each.path)} for each in pair]
    assert record["recipe"]["alpha"] == 0.9
    assert_valid(record, "train", "run")
    first, second = (f"teacher {each['name']} \\({each['sha256'][:16]}\\)" for each in record["teachers"])
    for teachers, now in (([], "no teacher"), (pair[:1], first), (pair[::-1], f"{second} and {first}")):
        with pytest.raises(EdgezooError, match=f"was started with {first} and {second} and now has {now}; resume"):
            fit(make_model(), dataset, whole.run_dir, RECIPE, teachers=teachers, resume=True)


def test_a_small_student_learns_digits_from_a_teacher_alone(tmp_path):
    """The labels that it is given are of other images."""
    digits = load_dataset("digits")
    build("strided_xs", input_shape=digits.input_shape, weights="digits").save(tmp_path / "teacher.keras")
    of_others = copy.copy(digits.train)
    of_others.labels = np.random.default_rng(0).permutation(digits.train.labels)
    keras.utils.set_random_seed(0)
    inputs = keras.Input(digits.input_shape)
    x = layers.AveragePooling2D(4)(layers.Rescaling(1 / 255)(inputs))
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    student = keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))
    assert student.count_params() < 1000
    recipe = Recipe(epochs=6, batch_size=16, learning_rate=0.02, shift=0, alpha=1, precision="float32")
    teachers = [Teacher.load(tmp_path / "teacher.keras")]
    result = fit(student, dataclasses.replace(digits, train=of_others), tmp_path / "run", recipe, teachers=teachers)
    assert result.val_accuracy > 0.9
    assert result.history[-1]["accuracy"] < 0.2  # against the labels of others


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        (
            {"classes": 5},
            r"net\.keras tells 5 classes apart, shapes has 4; take a teacher that was trained on the same",
        ),
        ({"shape": (20, 16, 3)}, r"net\.keras takes images of 20×16×3, shapes has 16×16×3; .* take one for these"),
        ({"shape": (16, 16, 1)}, r"net\.keras takes images of 16×16×1, shapes has 16×16×3"),
        ({"activation": "relu"}, r"net\.keras ends in relu; a teacher ends in softmax"),
    ],
)
def test_a_teacher_that_does_not_fit_the_data_is_told_why(saved, dataset, kwargs, message):
    with pytest.raises(EdgezooError, match=message):
        require_teaching([saved("net", **kwargs)], dataset, RECIPE)


def test_a_teacher_of_one_size_takes_no_resized_images(pair, dataset):
    with pytest.raises(EdgezooError, match=r"resize makes images of many sizes, .* takes 16×16×3 only; set resize"):
        require_teaching(pair, dataset, Recipe(resize=0.5))


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (["cat", "dog", "bird", "fish"], True),
        (["ring", "disc", "square", "cross"], True),
        (["disc", "square", "ring", "cross", "star"], True),
        (["Disc", "square", "ring", "cross"], False),
        (["0", "1", "2", "3"], False),
        ([], False),
        (None, False),
        (7, False),
    ],
)
def test_the_run_beside_a_teacher_tells_its_classes(tmp_path, pair, dataset, names, refused):
    teacher = Teacher.load(shutil.copy(pair[0].path, tmp_path))
    record = {"dataset": {"class_names": names}, "results": {"model_sha256": teacher.sha256}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    named = dataclasses.replace(dataset, class_names=("disc", "square", "ring", "cross"))
    if refused:
        with pytest.raises(EdgezooError, match=r"was trained on the classes .*, but shapes has disc.* the same order"):
            require_teaching([teacher], named, RECIPE)
    else:
        require_teaching([teacher], named, RECIPE)


def test_what_is_no_trained_keras_model_cannot_teach(folder):
    (folder / "empty.keras").touch()
    (folder / "text.keras").write_text("no model")
    (folder / "int8.tflite").write_text("whatever")
    inputs = keras.Input((8, 8, 1))
    quantized = layers.Dense(4, dtype="int8_from_float32", name="head")(layers.Flatten()(inputs))
    keras.Model(inputs, quantized).save(folder / "quantized.keras")
    keras.Sequential([keras.Input((5,)), layers.Dense(2)]).save(folder / "table.keras")
    for path, message in [
        ("strided_s", r"strided_s is the name of a model, .* `edgezoo build strided_s --weights"),
        (folder / "none.keras", r"none\.keras does not exist"),
        (folder / "empty.keras", r"empty\.keras is empty"),
        (folder / "text.keras", r"text\.keras is damaged"),
        (folder / "table.keras", r"table\.keras is no image classifier"),
        (folder / "quantized.keras", r"cannot teach: its layer 'head' is quantized \(int8_from_float32\)"),
        (
            folder / "int8.tflite",
            r"int8\.tflite cannot teach, .* give the \.keras file that it was made of",
        ),
    ]:
        with pytest.raises(EdgezooError, match=message):
            Teacher.load(path)


def test_a_recipe_of_distillation_needs_a_teacher(dataset):
    with pytest.raises(EdgezooError, match=r"the recipe sets alpha, .* give a teacher, too \(--teacher\)"):
        require_teaching([], dataset, Recipe(alpha=0.5))


def test_the_command_hands_them_on(tmp_path, monkeypatch, data_file, pair):
    calls = []

    def record(model, dataset, run_dir, recipe, **options):
        calls.append((recipe, options["teachers"]))
        raise EdgezooError("as far as it goes")

    monkeypatch.setattr(train, "fit", record)
    arguments = ["train", pair[0].path, "--data", data_file, "-o", tmp_path / "run", "--alpha", 0.5, "--temperature", 2]
    options = [word for each in pair for word in ("--teacher", each.path)]
    result = CliRunner().invoke(main, [*map(str, (*arguments, *options))])
    assert isinstance(result.exception, EdgezooError) or "as far as it goes" in result.output
    ((recipe, teachers),) = calls
    assert (recipe.alpha, recipe.temperature) == (0.5, 2)
    assert [each.sha256 for each in teachers] == [each.sha256 for each in pair]
