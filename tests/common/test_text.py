import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.text import by_names, dimensions, is_text_line, one_line


@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_line(text, limit):
    line = one_line(ValueError(text), limit)
    assert line.split("\n") == [line] and 0 < len(line) <= limit
    assert one_line(ValueError(" a\n\tb ")) == "a b"
    assert one_line(MemoryError()) == "MemoryError"


def test_dimensions():
    assert dimensions((28, 28, 1)) == "28×28×1"
    assert dimensions([None, None, 3]) == "any×any×3"


def test_what_several_share_is_said_once():
    pairs = [("a", "no luck"), ("b", ValueError("odd")), ("c", "no luck"), ("a", "no luck")]
    assert by_names(pairs) == ["a, c: no luck", "b: odd"]


@pytest.mark.parametrize(("text", "fits"), [("Ankle boot", True), ("Käse 🧀", True), ("", False), ("  ", False),
                                            ("a\nb", False), ("a\x1b[31m", False), ("a\u2028b", False)])  # fmt: skip
def test_what_can_be_a_line_of_labels(text, fits):
    assert is_text_line(text) is fits
