"""A network that tells dark from bright images, in whatever range its pixels come."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.evaluate import benchmark_files, compare_files, evaluate_files
from edgezoo.inspection.pixels import parse

from ..schemas import assert_valid
from ..tflite_metadata import described


def network(low, high, front=None):
    """Probabilities of dark and bright, the border at the middle of ``low … high``."""
    image = keras.Input((6, 6, 3))
    x = keras.layers.GlobalAveragePooling2D()(front(image) if front else image)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax")(x))
    step = 20 / (high - low) / 3
    model.layers[-1].set_weights([np.float32([[-step, step]] * 3), np.float32([1, -1]) * step * 1.5 * (high + low)])
    return model


@pytest.fixture(scope="module")
def lights():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    images = np.where(labels, 180, 60)[:, None, None, None] + rng.integers(-40, 40, (40, 6, 6, 3))
    split = Split(ArraySource(images.astype(np.uint8)), labels)
    return Dataset("lights", ("dark", "bright"), (6, 6, 3), split, split, split, {})


@pytest.fixture(scope="module")
def files(tmp_path_factory, convert):
    folder = tmp_path_factory.mktemp("pixels")
    unit = network(0, 1)
    unit.save(folder / "open.keras")
    network(-1, 1, keras.layers.Rescaling(2.0, offset=-1)).save(folder / "rescaling.keras")
    content = convert(lambda x: unit(x), (6, 6, 3))
    (folder / "open.tflite").write_bytes(content)
    (folder / "described.tflite").write_bytes(described(content, [0], [255]))
    return SimpleNamespace(**{path.name.replace(".", "_"): str(path) for path in folder.iterdir()}, folder=folder)


def test_pixels_are_what_a_file_takes(files, lights, capsys):
    paths = [files.rescaling_keras, files.described_tflite]
    document = evaluate_files(paths, lights)
    assert_valid(document, "evaluate", "results")
    assert [row["top1"] for row in document["results"]] == [1, 1]
    assert [row["pixels"]["known_by"] for row in document["results"]] == ["Rescaling layer", "metadata"]
    assert all(
        row["pixels"] == {**row["pixels"], "text": "0..1", "mean": [0], "std": [255]} for row in document["results"]
    )
    notes = " ".join(capsys.readouterr().err.split())
    assert f"{paths[0]} takes pixels in the range 0..1 (known by its Rescaling layer)." in notes
    assert f"{paths[1]} takes pixels in the range 0..1 (known by its metadata)." in notes


@pytest.mark.parametrize("name", ["open_keras", "open_tflite"])
def test_what_was_assumed_is_said_and_that_it_gives_chance(name, files, lights, capsys):
    path = getattr(files, name)
    (row,) = evaluate_files([path], lights)["results"]
    assert (row["top1"], row["pixels"]["text"], row["pixels"]["known_by"]) == (0.5, "0..255", "assumed")
    assert f"Warning: {path} is right no more often than by chance" in capsys.readouterr().err
    (row,) = evaluate_files([path], lights, pixels=parse("0..1"))["results"]
    assert (row["top1"], row["pixels"]["known_by"]) == (1, "--pixels")
    assert capsys.readouterr().err == ""


def test_assumed_rightly_is_a_note_without_a_warning(tmp_path, lights, capsys):
    network(0, 255).save(tmp_path / "raw.keras")
    assert evaluate_files([tmp_path / "raw.keras"], lights)["results"][0]["top1"] == 1
    said = capsys.readouterr().err
    assert "does not say which range of pixels it takes: 0..255 is assumed" in said and "Warning" not in said


def test_a_benchmark_and_a_comparison_record_it_and_say_it_once(files, lights, tmp_path, capsys):
    document = benchmark_files([files.described_tflite, files.open_keras], min_runs=1, min_seconds=0)
    assert_valid(document, "evaluate", "results")
    assert [row["pixels"]["known_by"] for row in document["results"]] == ["metadata", "assumed"]
    capsys.readouterr()
    compared = compare_files([files.described_tflite], lights, tmp_path / "report")
    assert compared["results"][0]["pixels"]["text"] == "0..1"
    assert capsys.readouterr().err.count("known by its metadata") == 1
    assert sum("known by its metadata" in sentence for sentence in compared["notes"]) == 1


def test_on_the_command_line(files, lights, tmp_path):
    images, labels = lights.test.read(np.arange(40)), lights.test.labels
    np.savez(tmp_path / "lights.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    network(-1, 1).save(tmp_path / "sym.keras")
    arguments = ["evaluate", str(tmp_path / "sym.keras"), "--data", str(tmp_path / "lights.npz"), "--json"]
    for given in (["--pixels", "-1..1"], ["--pixels=-1..1"], ["--pixels", "127.5,127.5"]):
        result = CliRunner().invoke(main, [*arguments, *given])
        row = json.loads(result.stdout)["results"][0]
        assert (row["top1"], row["pixels"]["text"], row["pixels"]["known_by"]) == (1, "-1..1", "--pixels")
    result = CliRunner().invoke(main, [*arguments, "--pixels", "1..1"])
    assert result.exit_code == 2 and "'1..1' is no range of pixels: RANGE is LOW..HIGH" in result.stderr
    result = CliRunner().invoke(main, [*arguments, "--pixels", "1,2,3,4"])
    assert result.exit_code == 1 and "of 2 channels" in result.stderr
