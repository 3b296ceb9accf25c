"""Damaged and hostile files of Keras models: each is answered as the sound one is, or refused in one line."""

import io
import json
import os
import random
import zipfile

import h5py
import keras
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.runtime import load_runner
from edgezoo.zoo import load_model
from edgezoo.zoo.calling import try_call

from ..damaged import damaged_copies

IMAGES = np.random.default_rng(0).random((2, 8, 8, 1), np.float32)
MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
KERNEL = "layers/conv2d/vars/0"
#: What stands in for any value of a configuration.
VALUES = [None, True, -1, 0, 10**8, 10**12, 1.5, float("nan"), float("inf"), "", "x", "\x1b[31m", [], [1, 2, 3], {}]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 1), name="image")
    x = keras.layers.Rescaling(0.5, name="rescale")(image)
    x = keras.layers.Conv2D(2, 3, activation="relu", name="conv")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(image, keras.layers.Dense(3, activation="softmax", name="head")(x), name="plain")
    path = tmp_path_factory.mktemp("sound") / "sound.keras"
    model.save(path)
    model.save(path.with_suffix(".h5"))
    return path


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in MEMBERS}


def packed(path, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def with_weights(content, change):
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file:
        change(file)
    return buffer.getvalue()


def replaced(name, **options):
    """A change of an HDF5 file that stores a data set anew."""

    def change(file):
        values = file[name][()]
        del file[name]
        file.create_dataset(
            name, **{key: value(values) if callable(value) else value for key, value in options.items()}
        )

    return change


def places(config):
    """(container, key) of every value in a configuration."""
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        yield config, key
        if isinstance(value, (dict, list)):
            yield from places(value)


def outcome(path):
    """Answers of a file, or the line that refuses it; any other error fails the test."""
    try:
        model = load_model(path)
        if not model.inputs or len(model.inputs) != 1:
            return "no one input"
        try_call(model, path)
        return np.asarray(model(IMAGES)) if model.input_shape[1:] == IMAGES.shape[1:] else "another network"
    except EdgezooError as error:
        assert "\n" not in str(error) and str(path) in str(error)
        return str(error)


def test_values_of_a_configuration_that_are_something_else(sound, tmp_path):
    files, rng = members(sound), random.Random(26)
    for number in range(110):
        config = json.loads(files["config.json"])
        container, key = rng.choice(list(places(config)))
        container[key] = rng.choice(VALUES)
        outcome(packed(tmp_path / f"{number}.keras", {**files, "config.json": json.dumps(config)}))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_bytes_that_are_others_or_missing(sound, tmp_path, suffix):
    right = outcome(sound)
    for number, damaged in enumerate(damaged_copies(sound.with_suffix(suffix).read_bytes(), seed=7)):
        path = tmp_path / f"{number}{suffix}"
        path.write_bytes(damaged)
        result = outcome(path)
        if suffix == ".keras" and not isinstance(result, str):  # whose members have checksums
            np.testing.assert_array_equal(result, right)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replaced(KERNEL, data=lambda values: values.astype("S4")), "stored as text"),
        (replaced(KERNEL, data=lambda values: values.astype("i4")), "stored as int"),
        (replaced(KERNEL, data=lambda values: values.astype("c8")), "stored as complex"),
        (replaced(KERNEL, data=lambda values: values * np.nan), "'conv/kernel' are NaN or infinite in 18 of 18"),
        (replaced(KERNEL, data=lambda values: values + np.inf), "'conv/kernel' are NaN or infinite"),
        (replaced(KERNEL, shape=(1 << 30,), dtype="f4", chunks=(1 << 20,), compression="gzip"), "no layer of its net"),
        (replaced(KERNEL, shape=(3, 3, 1, 4), dtype="f4"), "layer 'conv' cannot be given its weights"),
        (lambda file: file.pop(KERNEL), "layer 'conv' cannot be given its weights"),
    ],
)
def test_weights_that_are_none(sound, tmp_path, change, said):
    files = members(sound)
    files["model.weights.h5"] = with_weights(files["model.weights.h5"], change)
    assert said in outcome(packed(tmp_path / "bad.keras", files))


def test_weights_in_another_precision_are_taken(sound, tmp_path):
    files = members(sound)
    change = replaced(KERNEL, data=lambda values: values.astype("f8"))
    files["model.weights.h5"] = with_weights(files["model.weights.h5"], change)
    np.testing.assert_array_equal(outcome(packed(tmp_path / "double.keras", files)), outcome(sound))


@pytest.mark.parametrize(
    ("layer", "settings", "said"),
    [
        ("conv", {"filters": -1}, "its layer 'conv' (Conv2D): Invalid value for argument `filters`"),
        ("head", {"units": 10**11}, "its weights take 1200.0 GB of memory, most of them those of layer 'head'"),
        ("rescale", {"scale": float("nan")}, "its layer 'rescale' has scale = nan"),
        ("image", {"batch_shape": [None, 10**4, 10**4, 1]}, "its input 'image' is 10000×10000×1, 100,000,000 numbers"),
        ("image", {"batch_shape": [10**9, 8, 8, 1]}, "its input 'image' is 8×8×1 in batches of 1000000000"),
        ("rescale", {"scale": "x"}, "cannot be run: its Rescaling layer"),
        ("rescale", {"scale": [1, 2, 3]}, "cannot be run"),
    ],
)
def test_settings_that_make_no_network(sound, tmp_path, layer, settings, said):
    files = members(sound)
    config = json.loads(files["config.json"])
    next(each for each in config["config"]["layers"] if each["name"] == layer)["config"].update(settings)
    assert said in outcome(packed(tmp_path / "bad.keras", {**files, "config.json": json.dumps(config)}))


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "its Sequential does not tell its inputs"),
        ([keras.Input((8, 8, 1)), keras.layers.UpSampling2D(10**5, name="up")], "its layer 'up' makes 2560.0 GB"),
        ([keras.Input((8, 8, 1)), keras.layers.BatchNormalization(name="bn")], "'bn' has a negative moving_variance"),
    ],
)
def test_networks_that_cannot_answer(tmp_path, layers, said):
    model, path = keras.Sequential(layers), str(tmp_path / "bad.keras")
    if "bn" in said:
        layers[-1].moving_variance.assign([-1.0])
    model.save(path)
    for arguments in (
        ["describe", path],
        ["check", path, "--target", "coral"],
        ["convert", path, "-o", f"{path}.keras"],
    ):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1 and result.stderr.count("Error: ") == 1 and said in result.stderr


@pytest.mark.parametrize("name", ["pipe.keras", "pipe.h5", "pipe.tflite", "endless.keras", "endless.tflite"])
@pytest.mark.parametrize("command", [["describe"], ["evaluate", "--data", "digits"], ["check", "--target", "coral"]])
def test_what_is_no_file_is_not_opened(tmp_path, command, name):
    path = tmp_path / name
    os.mkfifo(path) if "pipe" in name else path.symlink_to("/dev/zero")
    result = CliRunner().invoke(main, [*command, str(path)])
    assert result.exit_code == 1 and "is not a file" in result.stderr and result.stderr.count("\n") == 1


def test_a_saved_model_with_a_pipe_in_it_is_not_loaded(tmp_path):
    (tmp_path / "variables").mkdir()
    for name in ("saved_model.pb", "keras_metadata.pb"):
        (tmp_path / name).touch()
    os.mkfifo(tmp_path / "variables" / "variables.index")
    with pytest.raises(EdgezooError, match=r"variables/variables\.index is neither a file nor a folder"):
        load_model(tmp_path)


def test_a_name_of_several_lines_is_one_line_of_the_table(sound, tmp_path):
    files = members(sound)
    named = files["config.json"].replace(b'"conv"', b'"con\\nError: x"')
    result = CliRunner().invoke(main, ["describe", str(packed(tmp_path / "n.keras", {**files, "config.json": named}))])
    assert "con\\nError: x" in result.stdout and "\nError" not in result.stdout


def test_the_layer_of_a_graph_is_named_and_no_file_is_left(sound, tmp_path, monkeypatch):
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    files = members(sound)
    config = files["config.json"].replace(b'"scale": 0.5', b'"scale": "x"')
    path = packed(tmp_path / "bad.keras", {**files, "config.json": config})
    with pytest.raises(EdgezooError, match=r"Cast string to float is not supported \(in .*rescale"):
        load_runner(path).predict(np.zeros((1, 8, 8, 1), np.uint8))
    assert not list((tmp_path / "temp").iterdir())
    result = CliRunner().invoke(main, ["check", str(path), "--target", "coral"])
    assert result.exit_code == 1 and result.stderr.startswith("Error: ") and "\n" not in result.stderr.strip()


@pytest.mark.parametrize("name", ["assets/" + "n" * 300, "../outside", "assets/zeros"])
def test_what_else_is_in_the_archive_is_refused_and_not_unpacked(sound, tmp_path, monkeypatch, name):
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    path = packed(tmp_path / "more.keras", {**members(sound), name: bytes(1 << 20)})
    assert f"it holds {name[:40]!r}, which is no part of its network" in outcome(path)
    assert not list((tmp_path / "temp").iterdir()) and not (tmp_path.parent / "outside").exists()


def test_members_that_unpack_to_more_than_the_network_needs(sound, tmp_path):
    files = members(sound)
    for name, extra in (("model.weights.h5", 1 << 27), ("config.json", 1 << 25)):
        path = packed(tmp_path / "bomb.keras", {**files, name: files[name] + bytes(extra)})
        assert f"its {name} unpacks to" in outcome(path)
    assert "packed in a way that Keras does not use" in outcome(packed(path, files, zipfile.ZIP_LZMA))


def test_a_network_that_is_refused_leaves_nothing_for_the_next(sound, tmp_path):
    files = members(sound)
    config = json.loads(files["config.json"])
    config["config"]["layers"][-1]["config"]["units"] = 10**11
    outcome(packed(tmp_path / "big.keras", {**files, "config.json": json.dumps(config)}))
    keras.layers.Dense(2)(keras.Input((2,)))  # would initialize what was left


def test_control_characters_are_shown_as_escapes(sound, tmp_path):
    files = members(sound)
    named = files["config.json"].replace(b'"conv"', b'"\\u001b[31mred\\u0007\\u202e"')
    path = packed(tmp_path / "red.keras", {**files, "config.json": named})
    for arguments in (["describe", path], ["describe", path, "--json"], ["export", path, "--quantize", "no"]):
        result = CliRunner().invoke(main, [str(each) for each in arguments])
        assert not {"\x1b", "\x07", "\u202e"} & set(result.output)
    assert "\\u001b[31mred\\u0007\\u202e" in CliRunner().invoke(main, ["describe", str(path)]).output
