"""Where the names of a file's classes are known from."""

import hashlib
import json
import shutil

import pytest

from edgezoo.export import export_model
from edgezoo.export.class_names import known_class_names

from ..rendered import CLASSES
from ..tflite_metadata import labelled

RECORD = {"dataset": {"class_names": ["cat", "dog"]}, "results": {}}


def known(path, classes=None):
    found = known_class_names(path, classes)
    return found and (list(found.names), found.known_by)


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"weights")
    return tmp_path / "model.keras"


def test_a_run_knows_its_model_by_content(model):
    """Whatever the file is called, and no other that has come to its place."""
    assert known(model) is None
    record = RECORD | {"results": {"model_sha256": hashlib.sha256(b"weights").hexdigest()}}
    model.with_name("run.json").write_text(json.dumps(record))
    assert known(model) == (["cat", "dog"], "run.json")
    assert known(shutil.copy(model, model.with_name("best.keras"))) == (["cat", "dog"], "run.json")
    assert known(model, 3) is None
    model.write_bytes(b"others")
    assert known(model) is None


def test_a_run_of_before_knows_it_by_name(model):
    model.with_name("run.json").write_text(json.dumps(RECORD))
    assert known(model) == (["cat", "dog"], "run.json")
    assert known(shutil.copy(model, model.with_name("best.keras"))) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"dataset": 1}', '{"dataset": {"class_names": 5}}', '{"dataset": {"class_names": ["a", ""]}}',
     '{"results": 1}', '{"results": []}', '{"results": {"model_sha256": 7}}'],
)  # fmt: skip
def test_records_and_labels_that_lie_there_by_chance_are_passed_over(model, text):
    model.with_name("run.json").write_text(text)
    assert known(model) is None
    model.with_name("labels.txt").write_text("one\ntwo\nthree\n")
    assert known(model) == (["one", "two", "three"], "labels.txt")
    assert known(model, 2) is None
    model.with_name("labels.txt").write_bytes(b"\xff\n")
    assert known(model) is None


def test_a_bundle_knows_its_files_by_content(fixed, tmp_path):
    """The renamed file and the model it was made from, too; not the file that lies there by chance."""
    expected = (list(CLASSES), "labels.txt")
    assert known(fixed.files["int8"]) == expected
    bundle = shutil.copytree(fixed.out, tmp_path / "bundle")
    (bundle / fixed.files["int8"].name).rename(bundle / "shoes.tflite")
    assert known(bundle / "shoes.tflite") == known(shutil.copy(fixed.path, bundle / "my.keras")) == expected
    (bundle / "shoes.tflite").write_bytes(b"another")
    assert known(bundle / "shoes.tflite") is None
    alone = shutil.copy(fixed.files["int8"], tmp_path / "alone.tflite")
    assert known(alone) is None


def test_labels_inside_a_file_go_before_a_list_beside_it(fixed, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(labelled(fixed.files["int8"].read_bytes(), {"labels.txt": b"a\nb\nc\nd\n"}))
    (tmp_path / "labels.txt").write_text("1\n2\n3\n4\n5\n")
    assert known(path) == (["a", "b", "c", "d"], "metadata")
    assert known(path, 5) == (["1", "2", "3", "4", "5"], "labels.txt")


def test_an_export_without_data_has_the_names_of_the_run(fixed, tmp_path):
    model = shutil.copy(fixed.path, tmp_path / "model.keras")
    names = ["Kreis", "Quadrat", "Dreieck", "Kreuz"]
    record = {
        "dataset": {"class_names": names},
        "results": {"model_sha256": hashlib.sha256(model.read_bytes()).hexdigest()},
    }
    (tmp_path / "run.json").write_text(json.dumps(record))
    (path,) = export_model(model, tmp_path / "out", ["float32"])
    assert known(path) == (names, "labels.txt")
