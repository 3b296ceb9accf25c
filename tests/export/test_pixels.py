"""A network for -1..1 that does not say so: what it was exported for is known in its bundle and out of it."""

import json
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from edgezoo.export import Calibration, export_model
from edgezoo.export.identity import identity_of
from edgezoo.export.pixels import pixels_of, pixels_of_model
from edgezoo.inspection.pixels import Pixels, parse
from edgezoo.runtime import load_runner

from ..schemas import assert_valid
from .test_bundle import classify


@pytest.fixture(scope="module")
def symmetric(tmp_path_factory):
    """Its bundle for -1..1, and the pixels that it was calibrated with."""
    folder = tmp_path_factory.mktemp("symmetric")
    keras.utils.set_random_seed(0)
    image = keras.Input((6, 6, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    scores = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, scores)
    model.save(folder / "net.keras")
    images = np.random.default_rng(0).integers(20, 200, (30, 6, 6, 3), np.uint8)
    files = export_model(
        folder / "net.keras",
        folder / "out",
        ("float32", "int8"),
        calibration=Calibration(images, {"dataset": "noise"}),
        pixels=parse("-1..1"),
    )
    return SimpleNamespace(model=model, path=folder / "net.keras", out=folder / "out", files=files, images=images)


def test_calibrated_in_the_range_of_the_network(symmetric):
    interpreter = Interpreter(str(symmetric.files[1]))
    scale, zero_point = interpreter.get_input_details()[0]["quantization"]
    assert scale == pytest.approx(2 / 255, rel=1e-4) and zero_point in (127, 128)
    expected = symmetric.model.predict(symmetric.images / np.float32(127.5) - 1, verbose=0)
    for path, tolerance in zip(symmetric.files, (1e-5, 0.02), strict=True):
        scores = load_runner(path, pixels=pixels_of(path)).predict(symmetric.images)
        np.testing.assert_allclose(scores, expected, atol=tolerance)


def test_the_manifest_tells_it(symmetric):
    manifest = json.loads((symmetric.out / "manifest.json").read_text())
    assert_valid(manifest, "export", "manifest")
    rules = manifest["preprocessing"]
    assert rules["pixels"] == {"text": "-1..1", "mean": [127.5], "std": [127.5], "known_by": "--pixels"}
    assert (
        rules["values"].startswith("-1..1: value = (pixel - mean) / std")
        and "pixel itself" not in rules["quantization"]
    )


@pytest.mark.parametrize("index", [0, 1])
def test_a_file_knows_it_wherever_it_is(index, symmetric, tmp_path):
    shutil.copy(symmetric.files[index], tmp_path / "renamed.tflite")
    found = pixels_of(tmp_path / "renamed.tflite")
    assert (found.text, found.known_by) == ("-1..1", "export record")
    assert identity_of(tmp_path / "renamed.tflite")[:2] == ("net", ("float32", "int8")[index])


def test_the_manifest_is_asked_where_a_file_says_nothing(symmetric, tmp_path, edited):
    from edgezoo.common.files import sha256

    def unnamed(model, schema):
        model.metadata = [entry for entry in model.metadata if not entry.name.startswith(b"edgezoo")]

    manifest = json.loads((symmetric.out / "manifest.json").read_text())
    (tmp_path / "file.tflite").write_bytes(edited(symmetric.files[0].read_bytes(), unnamed))
    assert pixels_of(tmp_path / "file.tflite").known_by == "assumed"
    manifest["files"]["net_float32.tflite"] = sha256(tmp_path / "file.tflite")
    for change, text, known_by in (
        ({}, "-1..1", "manifest"),
        ({"pixels": {"mean": [0], "std": [1], "known_by": "assumed"}}, "0..255", "assumed"),
        ({"pixels": {"mean": "x"}}, "0..255", "assumed"),
        ({"pixels": {"mean": [10**400], "std": [1], "known_by": "manifest"}}, "0..255", "assumed"),
        ({"pixels": {"mean": [float("nan")], "std": [1], "known_by": "manifest"}}, "0..255", "assumed"),
    ):
        changed = {**manifest, "preprocessing": {**manifest["preprocessing"], **change}}
        (tmp_path / "manifest.json").write_text(json.dumps(changed))
        found = pixels_of(tmp_path / "file.tflite")
        assert (found.text, found.known_by) == (text, known_by)
    del manifest["preprocessing"]["pixels"]  # one of before
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert pixels_of(tmp_path / "file.tflite") == Pixels(known_by="manifest")


def test_the_example_does_the_same(symmetric, tmp_path):
    Image.fromarray(symmetric.images[0]).save(tmp_path / "picture.png")
    expected = symmetric.model.predict(symmetric.images[:1] / np.float32(127.5) - 1, verbose=0).max()
    for file in ("net_float32.tflite", "net_int8.tflite"):
        result = classify(symmetric.out, tmp_path / "picture.png", file)
        assert float(result.stdout.split()[0]) == pytest.approx(expected, abs=0.01), result.stderr


def test_other_pixels_renew_the_bundle(symmetric, tmp_path, capsys):
    out = tmp_path / "out"
    shutil.copytree(symmetric.out, out)
    export_model(symmetric.path, out, ("float32",))
    said = capsys.readouterr().err
    assert "net.keras does not say which range of pixels it takes: 0..255 is assumed" in said
    manifest = json.loads((out / "manifest.json").read_text())
    assert [entry["file"] for entry in manifest["models"]] == ["net_float32.tflite"]
    assert manifest["preprocessing"]["pixels"]["known_by"] == "assumed"
    shutil.copy(out / "net_float32.tflite", tmp_path)
    assert pixels_of(tmp_path / "net_float32.tflite") == Pixels()  # assumed still, not known


def test_files_for_raw_pixels_say_nothing_of_them(fixed):
    """They are small: not a byte is spent on what goes without saying."""
    for path in fixed.files.values():
        assert pixels_of(path) == Pixels(known_by="export record")
    rules = json.loads((fixed.out / "manifest.json").read_text())["preprocessing"]
    assert rules["pixels"]["text"] == "0..255" and rules["pixels"]["known_by"] == "Rescaling layer"
    assert "pixel itself" in rules["quantization"]


def test_what_edgezoo_has_trained_takes_raw_pixels(symmetric, tmp_path):
    from edgezoo.common.files import sha256

    path = shutil.copy(symmetric.path, tmp_path / "model.keras")
    assert pixels_of(path) is None  # its network tells
    (tmp_path / "run.json").write_text(json.dumps({"results": {"model_sha256": sha256(path)}}))
    assert pixels_of(path) == pixels_of_model(path, symmetric.model) == Pixels(known_by="training run")


def test_a_model_that_takes_no_image_has_none(tmp_path):
    flat = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    assert pixels_of_model(tmp_path / "flat.keras", flat) is None
