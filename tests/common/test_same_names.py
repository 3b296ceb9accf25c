from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.same_names import listed, only_numbered, places_by_name


@given(st.permutations(["cat", "dog", "great white shark", "T-shirt/top", "Ø", "7", "-"]), st.integers(1, 7))
def test_every_order_is_found(names, classes):
    wanted = sorted(names)[:classes]
    found = places_by_name(wanted, names)
    assert [names[place] for place in found] == wanted


def test_names_that_only_number():
    for names in (["0", "1", "2"], ["1", "2"], ["class 0", "class 1"], ["Label_08", "Label_09", "Label_10"]):
        assert only_numbered(names) == (names[0] != "Label_08")
    for names in (["0", "2"], ["1", "0"], ["one", "two"], ["0", "1", "two"], ["1.5", "2.5"]):
        assert not only_numbered(names)


def test_a_list_shows_what_differs():
    assert listed(["b", "a"], []) == "b, a"
    assert listed(list("abcdefg"), list("ABCDE")) == "f, g, a, b, c and 2 more"
    assert listed(["tench, Tinca tinca", "carp"], []) == "tench, Tinca tinca; carp"
    assert listed(["x" * 40], []) == "x" * 29 + "…"
