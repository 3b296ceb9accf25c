import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.export import Calibration
from edgezoo.export.labels import class_labels

INPUTS = keras.Input((4,))
MODEL = keras.Model(INPUTS, layers.Dense(3)(INPUTS))


def calibration(*names):
    return Calibration(np.zeros((1, 2, 2, 1), "uint8"), {"dataset": "numbers"}, names)


def test_names_of_the_data_set_are_the_default():
    assert class_labels(None, (), calibration("a", "b", "c"), MODEL) == ["a", "b", "c"]
    assert class_labels(["x", "y", "z"], (), calibration("a", "b", "c"), MODEL) == ["x", "y", "z"]
    assert class_labels(None, (), None, MODEL) is None
    assert class_labels(None, (), calibration(), MODEL) is None


def test_a_data_set_with_other_classes_gives_no_labels_and_a_note(capfd):
    assert class_labels(None, (), calibration("a", "b"), MODEL) is None
    assert "numbers has 2: no labels.txt is written" in capfd.readouterr().err


def test_names_that_the_model_was_trained_on_go_before_those_of_the_data_set(capfd):
    for names in (("c", "a", "b"), ("A", "B", "C"), ("0", "1", "2"), ("a", "b"), ()):
        assert class_labels(None, ("a", "b", "c"), calibration(*names), MODEL) == ["a", "b", "c"]
    assert class_labels(["x", "y", "z"], ("a", "b", "c"), calibration("p", "q", "r"), MODEL) == ["x", "y", "z"]
    assert class_labels(None, ("a", "b"), calibration("p", "q", "r"), MODEL) == ["p", "q", "r"]
    assert capfd.readouterr().err == ""
    assert class_labels(None, ("a", "b", "c"), calibration("p", "q", "r"), MODEL) == ["a", "b", "c"]
    assert "numbers has the classes p, q, r, but the model tells a, b, c apart" in capfd.readouterr().err


def test_one_output_tells_two_classes_apart():
    binary = keras.Model(INPUTS, layers.Dense(1, "sigmoid")(INPUTS))
    assert class_labels(None, ("no", "yes"), None, binary) == ["no", "yes"]
    with pytest.raises(EdgezooError, match="the model tells 2 classes apart"):
        class_labels(["yes"], (), None, binary)


@pytest.mark.parametrize(
    "content", ["Äpfel\nb c\nd\n", "Äpfel\nb c\nd", "Äpfel\r\nb c\r\nd\r\n", "\ufeffÄpfel\nb c\nd\n"]
)
def test_a_file_of_any_system(content, tmp_path):
    (tmp_path / "labels.txt").write_bytes(content.encode())
    assert class_labels(tmp_path / "labels.txt", (), None, MODEL) == ["Äpfel", "b c", "d"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb\n", "has 2 lines, but the model tells 3"),
        (b"a\nb\nc\nd\n", "has 4 lines, but the model tells 3"),
        (b"a\n\nc\n", "label 2 of .*labels.txt, '', is not a line of text"),
        (b"a\nb\x1b[2J\nc\n", r"label 2 of .*x1b\[2J"),
        (b"a\nb\xff\nc\n", "UTF-8"),
        (b"", "is empty"),
        (b"a\n" * 9_000_000, r"has 18,000,000 bytes; 16,777,216 are the most"),
        (b"\0" * 5000, r"\Alabel 1 of .{,600}\Z"),
        (None, "does not exist"),
    ],
)
def test_a_bad_file(content, message, tmp_path):
    if content is not None:
        (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(EdgezooError, match=message):
        class_labels(str(tmp_path / "labels.txt"), (), None, MODEL)


def test_a_model_without_classes_takes_no_labels():
    two = keras.Model(INPUTS, [layers.Dense(3)(INPUTS), layers.Dense(3)(INPUTS)])
    with pytest.raises(EdgezooError, match="no single output"):
        class_labels(["a", "b", "c"], (), None, two)


@given(st.lists(st.text(max_size=8), min_size=3, max_size=3))
def test_what_is_accepted_survives_a_text_file(names):
    try:
        labels = class_labels(names, (), None, MODEL)
    except EdgezooError:
        return
    assert "".join(f"{label}\n" for label in labels).splitlines() == labels == names
