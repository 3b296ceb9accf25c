import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import ExifTags, Image

from edgezoo.common.files import sha256
from edgezoo.common.images import resized
from edgezoo.datasets.sources import FileSource
from edgezoo.evaluate import load_runner
from edgezoo.export import bundle, example, export_model
from edgezoo.zoo import GlobalPoolCNN

from ..rendered import CLASSES

ORIGIN = {"file": "net.keras", "sha256": "a" * 64, "name": "net"}


def classify(out, *arguments):
    """What the bundle's example prints, away from edgezoo and from the bundle."""
    command = [sys.executable, str(out / "example.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=out.parent)


def without_golden(manifest):
    """Names of a bundle's files but for the golden pictures and answers."""
    return {name for name in manifest["files"] if not name.startswith("golden/")}


def first_answer(result):
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    scores = [float(line.split()[0]) for line in lines]
    assert len(lines) == 3
    assert scores == sorted(scores, reverse=True)
    return lines[0].split()[1]


@pytest.mark.parametrize("scheme", [None, "int8", "float16"])
def test_the_example_classifies_a_picture(scheme, fixed, pictures, tmp_path):
    expected = fixed.model.predict(pictures.test[:1].astype("float32"), verbose=0).argmax()
    Image.fromarray(pictures.test[0, ..., 0]).convert("RGB").save(tmp_path / "picture.png")
    chosen = [] if scheme is None else [f"net_{scheme}.tflite"]
    assert first_answer(classify(fixed.out, tmp_path / "picture.png", *chosen)) == CLASSES[expected]


def test_the_example_resizes_for_a_fixed_file_and_not_for_a_variable_one(variable, pictures, tmp_path):
    picture = Image.fromarray(pictures.test[0, ..., 0]).resize((48, 40))
    picture.save(tmp_path / "picture.png")
    exact = np.asarray(picture, "float32")[None, ..., None]
    expected = variable.model.predict(exact, verbose=0).argmax()
    assert first_answer(classify(variable.out, tmp_path / "picture.png", "any_float32.tflite")) == CLASSES[expected]
    assert classify(variable.out, tmp_path / "picture.png", "any_int8_30.tflite").returncode == 0


def rotated(gray, path):
    """Stored lying on its side, with the EXIF orientation that puts it upright."""
    picture = Image.fromarray(gray).convert("RGB").transpose(Image.Transpose.ROTATE_90)
    exif = picture.getexif()
    exif[ExifTags.Base.Orientation] = 6
    picture.save(path, exif=exif)


def transparent(gray, path):
    """Black throughout; only the transparency makes the picture."""
    black = Image.new("L", gray.shape[::-1])
    Image.merge("LA", [black, Image.fromarray(255 - gray)]).save(path)


def of_16_bits(gray, path):
    Image.fromarray(gray.astype("uint16") * 257).save(path)


@pytest.mark.parametrize("write", [rotated, transparent, of_16_bits])
@pytest.mark.parametrize("scheme", ["int8", "float32"])
def test_the_example_answers_as_the_tool_does(write, scheme, fixed, pictures, tmp_path):
    """On pictures that have to be resized, and that give another answer unless they are read by the same rules."""
    gray = np.asarray(Image.fromarray(pictures.test[0, ..., 0]).resize((72, 60), Image.Resampling.BICUBIC))
    path = tmp_path / "picture.png"
    write(gray, path)
    result = classify(fixed.out, path, f"net_{scheme}.tflite")
    assert result.returncode == 0, result.stderr
    told = {line.split()[1]: float(line.split()[0]) for line in result.stdout.splitlines()}

    runner = load_runner(fixed.files[scheme])

    def scores(image):
        return runner.predict(image)[0]

    expected = scores(FileSource([str(path)], (24, 24, 1)).read([0]))
    assert [told[name] for name in told] == pytest.approx([expected[CLASSES.index(name)] for name in told], abs=6e-4)
    carelessly = Image.open(path).convert("L").resize((24, 24))
    assert np.abs(scores(np.asarray(carelessly)[None, ..., None]) - expected).max() > 0.05


def test_a_photo_is_decoded_at_the_size_that_the_tool_decodes_it_at(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), "uint8")
    Image.fromarray(noise).save(tmp_path / "photo.jpg")
    for shape in ((24, 24, 3), (24, 40, 1)):
        expected = FileSource([str(tmp_path / "photo.jpg")], shape).read([0])
        np.testing.assert_array_equal(example.read_pixels(tmp_path / "photo.jpg", *shape), expected)


def test_alpha_that_the_model_takes_is_a_channel_like_the_others(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 4), "uint8")
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    np.testing.assert_array_equal(example.read_pixels(tmp_path / "picture.png", -1, -1, 4)[0], pixels)
    smaller = example.read_pixels(tmp_path / "picture.png", 4, 4, 4)
    np.testing.assert_array_equal(smaller, resized(pixels[None], (4, 4)))


def test_the_example_says_in_one_line_what_cannot_be_read(variable, tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    (tmp_path / "bad.tflite").write_text("no model")
    Image.new("L", (30, 30)).save(tmp_path / "good.png")
    for picture, model, message in (
        ("bad.png", "any_float32.tflite", "bad.png cannot be read: cannot identify"),
        ("none.png", "any_float32.tflite", "none.png cannot be read: "),
        ("good.png", "none.tflite", "none.tflite cannot be read: "),
        ("good.png", tmp_path / "bad.tflite", "bad.tflite cannot be read: "),
    ):
        result = classify(variable.out, tmp_path / picture, model)
        assert (result.returncode, result.stdout) == (1, "")
        lines = [line for line in result.stderr.splitlines() if not line.startswith("INFO:")]
        assert len(lines) == 1
        assert message in lines[0]


def test_the_example_on_a_resizable_network_without_padding(tmp_path):
    """Its file stands at 1×1 pixels, where it does not run."""
    keras.utils.set_random_seed(0)
    model = GlobalPoolCNN((None, None, 1), classes=3, filters=(4, 6), padding="valid")
    model.save(tmp_path / "valid.keras")
    export_model(tmp_path / "valid.keras", tmp_path / "out", ["float32"])
    Image.new("L", (40, 30), 99).save(tmp_path / "good.png")
    result = classify(tmp_path / "out", tmp_path / "good.png")
    assert result.returncode == 0, result.stderr
    expected = model.predict(np.full((1, 30, 40, 1), 99.0), verbose=0)[0]
    scores = [float(line.split()[0]) for line in result.stdout.splitlines()]
    assert scores == pytest.approx(sorted(expected, reverse=True), abs=6e-4)

    Image.new("L", (2, 3)).save(tmp_path / "small.png")
    result = classify(tmp_path / "out", tmp_path / "small.png")
    assert result.returncode == 1
    assert "valid_float32.tflite does not take 3×2 pixels: " in result.stderr
    assert "Traceback" not in result.stderr


def test_the_manifest_tells_how_pictures_are_read(fixed):
    rules = json.loads((fixed.out / "manifest.json").read_text())["preprocessing"]
    assert rules["channels"] == "gray"
    for rule, words in (
        ("orientation", "EXIF"),
        ("bit_depth", "upper 8"),
        ("transparency", "white"),
        ("resize", "bili"),
    ):
        assert words in rules[rule]


def test_the_example_tells_how_it_is_used(fixed):
    result = classify(fixed.out)
    assert result.returncode == 1
    assert "python example.py PICTURE" in result.stderr


def test_tensors_in_the_manifest_are_those_of_the_runtime(fixed):
    from ai_edge_litert.interpreter import Interpreter

    manifest = json.loads((fixed.out / "manifest.json").read_text())
    assert [entry["scheme"] for entry in manifest["models"]] == list(fixed.files)
    for entry in manifest["models"]:
        path = fixed.out / entry["file"]
        assert entry["size_bytes"] == path.stat().st_size
        interpreter = Interpreter(str(path))
        for recorded, details in (
            (entry["inputs"], interpreter.get_input_details()),
            (entry["outputs"], interpreter.get_output_details()),
        ):
            (tensor,), (detail,) = recorded, details
            assert tensor["shape"] == detail["shape_signature"].tolist()
            assert tensor["dtype"] == np.dtype(detail["dtype"]).name
            scale, zero_point = detail["quantization"]
            assert (tensor["scale"] or 0, tensor["zero_point"] or 0) == pytest.approx((scale, zero_point))


@pytest.fixture
def ready(fixed, tmp_path):
    """Publishes copies of finished files: ``ready("int8", …, labels=…, origin=…)``; returns the manifest."""
    out = tmp_path / "out"
    out.mkdir()

    def publish(*schemes, labels=None, origin=ORIGIN):
        staging = tmp_path / "staging"
        staging.mkdir(exist_ok=True)
        entries = []
        for scheme in schemes:
            shutil.copy(fixed.files[scheme], staging)
            entries.append(bundle.entry(staging / fixed.files[scheme].name, scheme, None))
        bundle.publish(staging, out, origin, entries, labels)
        manifest = json.loads((out / "manifest.json").read_text())
        assert all(sha256(out / name) == checksum for name, checksum in manifest["files"].items())
        return [entry["scheme"] for entry in manifest["models"]], manifest

    publish.out = out
    return publish


def test_a_second_export_adds_and_renews(ready):
    assert ready("float32", "int8", labels=list(CLASSES))[0] == ["float32", "int8"]
    schemes, manifest = ready("dynamic", "float32")
    assert schemes == ["int8", "dynamic", "float32"]
    assert "labels.txt" in manifest["files"]
    assert (ready.out / "labels.txt").read_text() == "".join(f"{name}\n" for name in CLASSES)


def test_what_was_changed_or_removed_since_is_no_longer_listed(ready):
    ready("float32", "float16", "int8", labels=list(CLASSES))
    (ready.out / "net_float32.tflite").unlink()
    (ready.out / "net_int8.tflite").write_bytes(b"mine")
    (ready.out / "labels.txt").write_text("mine\n")
    schemes, manifest = ready("dynamic")
    assert schemes == ["float16", "dynamic"]
    assert "labels.txt" not in manifest["files"]
    assert (ready.out / "labels.txt").read_text() == "mine\n"


def test_another_model_takes_the_bundle_over(ready):
    ready("float32", "int8", labels=list(CLASSES))
    schemes, manifest = ready("dynamic", origin={**ORIGIN, "sha256": "b" * 64})
    assert schemes == ["dynamic"]
    assert without_golden(manifest) == {"net_dynamic.tflite", "example.py", "README.md"}
    assert (ready.out / "net_int8.tflite").exists()
    assert not (ready.out / "labels.txt").exists()  # it would name this model's classes


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "not json",
        json.dumps({"model": ORIGIN}),
        json.dumps({"model": ORIGIN, "files": {"../secret": ""}, "models": [{"file": "../secret"}]}),
        json.dumps({"model": ORIGIN, "files": [], "models": {}}),
        json.dumps({"model": ORIGIN, "files": {"net_int8.tflite": float("nan")}, "models": []}),
        "[" * 100_000,
        "\0" * 17_000_000,
    ],
)
def test_a_manifest_that_is_none_of_ours_is_replaced(content, ready):
    (ready.out / "manifest.json").write_text(content)
    (ready.out.parent / "secret").touch()
    assert ready("int8")[0] == ["int8"]


def test_the_manifest_comes_last(ready, monkeypatch):
    """When it is written, all that it lists is in place: cut short before, there is none, or an older true one."""
    listed = {}

    def write(path, manifest):
        listed.update(manifest["files"])
        assert all(sha256(path.parent / name) == checksum for name, checksum in listed.items())
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "write_json", write)
    with pytest.raises(KeyboardInterrupt):
        ready("int8", "float32", labels=list(CLASSES))
    names = without_golden({"files": listed})
    assert names == {"net_int8.tflite", "net_float32.tflite", "labels.txt", "example.py", "README.md"}
    assert not (ready.out / "manifest.json").exists()
