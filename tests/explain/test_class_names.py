"""The names that a picture gives the classes."""

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.explain.class_names import class_names


@pytest.fixture
def model(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"any")
    return tmp_path / "model.keras"


def test_names_that_are_known_and_numbers_where_nobody_tells_them(model):
    assert list(class_names(model, 2)) == ["class 0", "class 1"]
    model.with_name("labels.txt").write_text("Katze\nHund\n")
    assert list(class_names(model, 2)) == ["Katze", "Hund"]
    assert list(class_names(model, 3)) == ["class 0", "class 1", "class 2"]


def test_names_of_ones_own_must_fit(model):
    labels = model.with_name("names.txt")
    labels.write_text("a\nb\n")
    assert class_names(model, 2, labels) == ["a", "b"]
    with pytest.raises(EdgezooError, match=r"names.txt has 2 lines, but .*model.keras tells 3 classes apart"):
        class_names(model, 3, labels)
    with pytest.raises(EdgezooError, match="does not exist"):
        class_names(model, 2, model.with_name("nothing.txt"))
