"""Where the names of the classes come from."""

import json

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.explain.class_names import class_names

NUMBERS = ["class 0", "class 1"]


def test_a_bundle_a_run_and_nobody(tmp_path):
    model = tmp_path / "model.keras"
    assert class_names(model, 2) == NUMBERS
    (tmp_path / "run.json").write_text(json.dumps({"dataset": {"class_names": ["cat", "dog"]}}))
    assert class_names(model, 2) == ["cat", "dog"]
    (tmp_path / "labels.txt").write_text("Katze\nHund\n")
    assert class_names(model, 2) == ["Katze", "Hund"]


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"dataset": 1}', '{"dataset": {"class_names": 5}}'])
def test_what_lies_beside_by_chance_is_left_alone(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    (tmp_path / "labels.txt").write_text("one\ntwo\nthree\n")
    assert class_names(tmp_path / "model.keras", 2) == NUMBERS


def test_names_of_ones_own_must_fit(tmp_path):
    labels = tmp_path / "names.txt"
    labels.write_text("a\nb\n")
    assert class_names(tmp_path / "model.keras", 2, labels) == ["a", "b"]
    with pytest.raises(EdgezooError, match=r"names.txt has 2 lines, but .*model.keras tells 3 classes apart"):
        class_names(tmp_path / "model.keras", 3, labels)
    with pytest.raises(EdgezooError, match="does not exist"):
        class_names(tmp_path / "model.keras", 2, tmp_path / "nothing.txt")
