"""Every form of Keras model × every command: it works, with the right numbers, or one line says why not."""

import contextlib
import functools
import json

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo import evaluate
from edgezoo.cli import main

from .forms import COMMANDS, FORMS, SIDE
from .rendered import shapes

WORKING = [name for name, form in FORMS.items() if not form.refusals]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with data of two and of four classes and a picture."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("forms")
    images, labels = shapes(96, side=SIDE, channels=3)
    for classes in (2, 4):
        np.savez(folder / f"{classes}.npz", x=images, y=labels % classes)
    Image.fromarray(images[0]).save(folder / "picture.png")
    return folder


@pytest.fixture(scope="module")
def files(place):
    """A function from a form's name to its ``.keras`` file, with statistics of normalization that are not the first."""

    @functools.cache
    def make(name):
        keras.utils.set_random_seed(1)
        model = FORMS[name].build()
        random = np.random.default_rng(1)
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.moving_variance.assign(random.uniform(0.1, 0.3, layer.moving_variance.shape))
        path = place / f"{name}.keras"
        model.save(path)
        return path

    return make


@pytest.fixture(scope="module")
def exported(place, files):
    """A function from a form's name to its bundle, float32 and int8."""

    @functools.cache
    def make(name):
        run("export", files(name), "-o", place / name, "--data", data(place, name), *_formats("float32", "int8"))
        return place / name

    return make


@pytest.fixture(autouse=True)
def _short_measurements(monkeypatch):
    short = functools.partial(evaluate.benchmark_files, min_runs=3, min_seconds=0)
    monkeypatch.setattr(evaluate, "benchmark_files", short)
    monkeypatch.setattr("edgezoo.evaluate.compare.benchmark_files", short)
    monkeypatch.setattr("edgezoo.evaluate.latency.WARM_UP_SECONDS", 0)


def _formats(*names):
    return [part for name in names for part in ("--quantize", name)]


def data(place, name):
    return place / f"{FORMS[name].classes}.npz"


def run(*arguments, status=0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == status, f"{result.output}\n{result.exception!r}"
    return result


def arguments(command, place, name, file):
    """What a command is called with."""
    match command:
        case "train":
            options = "--epochs", 1, "--precision", "float32", "-o", place / f"{name}_run"
            return "train", file, "--data", data(place, name), *options
        case "export":
            return "export", file, "--data", data(place, name), "-o", place / f"{name}_refused"
        case "evaluate":
            return "evaluate", file, "--data", data(place, name), "--split", "train"
        case "benchmark":
            return "benchmark", file
        case "compare":
            return "compare", file, "--data", data(place, name), "-o", place / f"{name}_report"
        case "explain":
            options = "--image", place / "picture.png", "--what", "grad-cam", "-o", place / f"{name}.png"
            return "explain", file, *options


def scores(model, images):
    """What Keras says of the images, [n, classes], the model being called as its author would."""
    batch, dtype = model.inputs[0].shape[0] or 1, model.inputs[0].dtype
    missing = -len(images) % batch
    image = keras.ops.convert_to_tensor(np.pad(images, [(0, missing), (0, 0), (0, 0), (0, 0)]).astype(dtype))
    outputs = model({"photo": image} if "photo" in model.inputs[0].name else image, training=False)
    (outputs,) = keras.tree.flatten(outputs)
    outputs = np.asarray(keras.ops.cast(outputs, "float32")).reshape(len(image), -1)[: len(images)]
    if outputs.shape[1] > 1:
        return outputs
    threshold = 0.5 if (outputs >= 0).all() and (outputs <= 1).all() else 0
    return np.hstack([outputs <= threshold, outputs > threshold])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.refusals])
def test_what_cannot_be_is_said_in_one_line(name, command, place, files):
    words = FORMS[name].refusal(command)
    result = run(*arguments(command, place, name, files(name)), status=1 if words else 0)
    if words:
        assert words in result.stderr
        assert [line for line in result.stderr.splitlines() if line.startswith("Error: ")] == [
            result.stderr.splitlines()[-1]
        ]


@pytest.mark.parametrize("name", WORKING)
def test_evaluate(name, place, files, exported):
    """The accuracy of the .keras and of its float file is that of the model called by hand."""
    float32, int8 = (exported(name) / f"{name}_{scheme}.tflite" for scheme in ("float32", "int8"))
    result = run(*arguments("evaluate", place, name, files(name)), float32, int8, "--json")
    keras_row, float_row, int8_row = json.loads(result.stdout)["results"]
    with np.load(data(place, name)) as arrays:
        images, labels = arrays["x"], arrays["y"]
    used = _used(data(place, name))
    right = scores(keras.saving.load_model(files(name)), images[used]).argmax(axis=1) == labels[used]
    assert len(right) == keras_row["n"]
    assert keras_row["top1"] == pytest.approx(right.mean(), abs=0.02)  # an image at a tie may go either way
    assert float_row["top1"] == pytest.approx(keras_row["top1"], abs=0.03)
    assert abs(int8_row["top1"] - keras_row["top1"]) < 0.25
    assert len(keras_row["confusion"]) == FORMS[name].classes


def _used(path):
    """Places of the training images of an .npz that is split by content."""
    from edgezoo.datasets import load_dataset

    train = load_dataset(path).train
    with np.load(path) as arrays:
        whole = {image.tobytes(): place for place, image in enumerate(arrays["x"])}
    return [whole[image.tobytes()] for image in train.read(np.arange(len(train)))]


@pytest.mark.parametrize("name", WORKING)
def test_export(name, exported):
    manifest = json.loads((exported(name) / "manifest.json").read_text())
    assert [entry["scheme"] for entry in manifest["models"]] == ["float32", "int8"]
    assert len((exported(name) / "labels.txt").read_text().splitlines()) == FORMS[name].classes
    for entry in manifest["models"]:
        assert not {"CAST", "DIV", "FLOOR_DIV"} & set(entry["operators"])


@pytest.mark.parametrize("name", WORKING)
def test_train(name, place, files):
    """What is trained is saved in the form that it came in, and answers as it was validated."""
    run(*arguments("train", place, name, files(name)))
    trained = keras.saving.load_model(place / f"{name}_run" / "model.keras")
    before = keras.saving.load_model(files(name))
    assert [type(layer) for layer in trained.layers] == [type(layer) for layer in before.layers]
    changed = zip(trained.get_weights(), before.get_weights(), strict=True)
    assert any(not np.array_equal(new, old) for new, old in changed)


@pytest.mark.parametrize("command", ["benchmark", "compare", "explain"])
@pytest.mark.parametrize("name", WORKING)
def test_it_works(name, command, place, files, exported):
    options = [exported(name) / f"{name}_int8.tflite"] if command != "explain" else []
    with contextlib.chdir(place):
        run(*arguments(command, place, name, files(name)), *options)
