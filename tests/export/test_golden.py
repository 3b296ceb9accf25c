"""Golden pictures and answers: what LiteRT gives for them, what a device is told that gives others, what stays."""

import json
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import Calibration, export_model
from edgezoo.export.bundle import read_manifest
from edgezoo.export.golden import Golden, read_golden
from edgezoo.export.golden import pictures as golden_pictures
from edgezoo.runtime import load_runner

from ..schemas import assert_valid


def document_of(folder):
    return json.loads((folder / "golden" / "golden.json").read_text())


def self_test(folder, *arguments):
    command = [sys.executable, str(folder / "example.py"), "--self-test", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder.parent)


@pytest.fixture
def copied(fixed, tmp_path):
    return shutil.copytree(fixed.out, tmp_path / "copied")


def rewrite(folder, change):
    document = document_of(folder)
    change(document)
    (folder / "golden" / "golden.json").write_text(json.dumps(document))


def test_the_answers_are_those_of_the_runtime_and_of_the_network(fixed, interpret):
    """As the tensors store them; the textbook's formula brings them back to scores."""
    manifest = read_manifest(fixed.out)
    assert_valid(document_of(fixed.out), "export", "golden")
    for entry in manifest["models"]:
        (case,) = read_golden(fixed.out, entry)
        assert case.images.shape == (5, 24, 24, 1) and case.images.dtype == np.uint8
        output = entry["outputs"][0]
        assert case.expected.dtype == output["dtype"]
        np.testing.assert_allclose(interpret(fixed.out / entry["file"], case.images), case.scores, atol=1e-6)
        assert case.faults(load_runner(fixed.out / entry["file"]).predict(case.images)) == [None] * 5
        expected = fixed.model.predict(case.images.astype("float32"), verbose=0)
        np.testing.assert_allclose(
            case.scores, expected, atol={"float32": 1e-5, "int4_weights": 0.2}.get(entry["scheme"], 0.02)
        )


def test_pictures_are_one_of_each_class_of_the_calibration(fixed, pictures):
    (case,) = read_golden(fixed.out, {"file": "net_int8.tflite"})
    np.testing.assert_array_equal(case.images, pictures.train[:5])  # whose labels are not told
    labels = np.array([2, 2, 0, 2, 1, 1, 0, 0])
    images = np.arange(8, dtype=np.uint8).repeat(27).reshape(8, 3, 3, 3)
    record = {"dataset": "numbers", "split": "train", "indices": list(range(10, 18))}
    chosen, source = golden_pictures((6, 6, 3), Calibration(images, record, labels=labels))
    assert chosen.shape == (5, 6, 6, 3) and chosen[:, 0, 0, 0].tolist() == [2, 4, 0, 6, 5]
    assert source == "numbers images 12, 14, 10, 16, 15 of the split train"


def test_without_images_they_are_noise_that_says_so():
    images, source = golden_pictures((20, 30, 4))
    assert images.shape == (5, 20, 30, 4) and "noise" in source
    assert np.array_equal(images, golden_pictures((20, 30, 4))[0])
    assert images.std() > 30 and np.abs(np.diff(images.astype(int), axis=1)).mean() < images.std() / 3


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_and_alpha_go_through_the_picture_files(channels, tmp_path):
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 10, channels))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(image))
    network = keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))
    network.save(tmp_path / "net.keras")
    export_model(tmp_path / "net.keras", tmp_path / "out", ["float32"])
    (case,) = read_golden(tmp_path / "out", {"file": "net_float32.tflite"})
    np.testing.assert_array_equal(case.images, golden_pictures((8, 10, channels))[0])
    expected = network.predict(case.images.astype("float32"), verbose=0)
    np.testing.assert_allclose(case.expected, expected, atol=1e-5)
    shown = self_test(tmp_path / "out")
    assert shown.returncode == 0 and shown.stdout.count("  ok\n") == 5


def test_each_size_has_a_set_and_files_of_the_same_size_share_it(variable):
    document = document_of(variable.out)
    assert document["sets"].keys() == {"24x24x1", "30x30x1", "32x32x1"}
    assert [row["set"] for row in document["answers"]] == ["32x32x1"] * 3 + ["24x24x1", "30x30x1"]
    assert "noise" in document["sets"]["32x32x1"]["source"]
    shown = self_test(variable.out)
    assert shown.returncode == 0 and shown.stdout.count("  ok\n") == 25


def test_sizes_in_one_file_have_answers_each(two_sizes, tmp_path):
    golden = Golden(tmp_path)
    rows = golden.take(two_sizes.path, "int8")
    golden.write(tmp_path, rows)
    shutil.copy(two_sizes.path, tmp_path)
    cases = read_golden(tmp_path, {"file": two_sizes.path.name})
    assert [(case.signature, case.images.shape[1]) for case in cases] == [("serving_12", 12), ("serving_20", 20)]
    for case in cases:
        size = case.images.shape[1]
        assert not any(case.faults(load_runner(two_sizes.alone[size]).predict(case.images)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda row: row["expected"][2].__setitem__(1, row["expected"][2][1] + 2), "expected {} at 1, got {}"),
        (lambda row: row["expected"][2].pop(), "expected 3 numbers, got 4"),
        (lambda row: row["expected"][2].__setitem__(1, row["expected"][2][1] + 1), None),
    ],
)
def test_a_device_that_answers_otherwise_says_where(copied, change, fault):
    before = document_of(copied)["answers"][3]["expected"][2][1]
    rewrite(copied, lambda document: change(document["answers"][3]))
    shown = self_test(copied, "net_int8.tflite")
    lines = shown.stdout.splitlines()
    assert len(lines) == 5 and [line.endswith("  ok") for line in lines] == [True, True, not fault, True, True]
    if fault:
        assert lines[2] == f"net_int8.tflite  golden/24x24x1-2.png  {fault.format(before + 2, before)}"
        assert shown.returncode == 1 and "1 of 5 answers are not the expected ones" in shown.stderr
    else:
        assert shown.returncode == 0


def test_another_class_is_a_fault_but_for_a_tie():
    from edgezoo.export.example import difference

    assert difference(np.array([9, 10], "uint8"), np.array([10, 9]), 1) is None
    assert difference(np.array([9, 10], "uint8"), np.array([11, 9]), 2) is None
    assert difference(np.array([8, 10], "uint8"), np.array([10, 8]), 2) is None
    assert difference(np.array([9, 11], "uint8"), np.array([12, 9]), 3) is None
    assert difference(np.array([9, 10], "uint8"), np.array([11, 9]), 1) == "expected 11 at 0, got 9"
    assert difference(np.array([np.nan, 1]), np.array([0, 1]), 1) == "expected 0 at 0, got nan"
    # Each within 2, and yet first by 3.
    assert difference(np.array([9, 10]), np.array([11, 8]), 2) == "expected class 0, got 1"


def test_there_is_one_line_where_there_are_no_answers(copied):
    shutil.rmtree(copied / "golden")
    for arguments, message in (((), "golden.json cannot be read"), (("none.tflite",), "golden.json cannot be read")):
        shown = self_test(copied, *arguments)
        assert shown.returncode == 1 and message in shown.stderr and "Traceback" not in shown.stderr


def test_pictures_stay_as_a_bundle_grows(fixed, pictures, tmp_path):
    """Exported again, with other images: answers are to the pictures that are there, and all of them are listed."""
    out = tmp_path / "out"
    export_model(fixed.path, out, ["float32"], calibration=pictures.calibration)
    first = read_manifest(out)["files"]
    export_model(fixed.path, out, ["float16"])
    manifest = read_manifest(out)
    assert all(manifest["files"][name] == first[name] for name in first if name.endswith(".png"))
    assert [row["file"] for row in document_of(out)["answers"]] == ["net_float32.tflite", "net_float16.tflite"]
    assert all(sha256(out / name) == checksum for name, checksum in manifest["files"].items())
    Image.new("L", (24, 24)).save(out / "golden" / "24x24x1-3.png")
    export_model(fixed.path, out, ["float16"])
    document = document_of(out)
    assert [row["file"] for row in document["answers"]] == ["net_float16.tflite"]
    assert "noise" in document["sets"]["24x24x1"]["source"] and self_test(out, "net_float16.tflite").returncode == 0


def test_what_takes_no_picture_has_no_answers(tmp_path):
    image = keras.Input((24, 24))
    keras.Model(image, keras.layers.Dense(4)(keras.layers.Flatten()(image))).save(tmp_path / "net.keras")
    export_model(tmp_path / "net.keras", tmp_path / "out", ["float32"])
    assert read_golden(tmp_path / "out", {"file": "net_float32.tflite"}) == ()
    assert not (tmp_path / "out" / "golden").exists()


def huge(folder):
    Image.new("L", (9000, 9000)).save(folder / "golden" / "24x24x1-0.png")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (huge, "is not the golden picture that golden/golden.json tells of: it has 9000×9000 pixels"),
        (lambda folder: (folder / "golden" / "24x24x1-0.png").write_text("no"), "24x24x1-0.png is not the golden"),
        (lambda folder: (folder / "golden" / "24x24x1-0.png").unlink(), "24x24x1-0.png is not the golden"),
        (lambda folder: (folder / "golden" / "golden.json").write_text("[" * 100_000), "golden.json is damaged"),
        (lambda folder: (folder / "golden" / "golden.json").write_text(""), "golden.json is empty"),
    ],
)
def test_damage_is_one_line(copied, damage, message):
    damage(copied)
    with pytest.raises(EdgezooError, match=message) as caught:
        read_golden(copied, {"file": "net_int8.tflite"})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["sets"]["24x24x1"].update(images=["golden/../../secret.png"] * 5),
        lambda document: document["sets"]["24x24x1"].update(images=["/etc/passwd"] * 5),
        lambda document: document["sets"]["24x24x1"].update(shape=[1 << 20, 1 << 20, 3]),
        lambda document: document["sets"]["24x24x1"].update(shape=[24, 24]),
        lambda document: document["sets"].update({"24x24x1": []}),
        lambda document: document["answers"][0].update(expected=[[float("nan")]] * 5),
        lambda document: document["answers"][0].update(expected=[[10**400]] * 5),
        lambda document: document["answers"][3].update(expected=[[300]] * 5),
        lambda document: document["answers"][0].update(expected=[[1], [1, 2], [], [], []]),
        lambda document: document["answers"][0].update(dtype="object"),
        lambda document: document["answers"][0].update(tolerance=float("inf")),
        lambda document: document["answers"][0].update(set="none"),
        lambda document: document["answers"][0].update(signature=[]),
        lambda document: document.update(answers={"a": 1}),
    ],
)
def test_documents_of_strangers_are_looked_at(copied, change):
    rewrite(copied, change)
    with pytest.raises(EdgezooError, match=r"\A.*golden.json is damaged: .*\.\Z"):
        read_golden(copied, {"file": "net_int8.tflite"})
