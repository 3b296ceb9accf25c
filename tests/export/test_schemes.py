import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export.schemes import IO_TYPES, SCHEMES, chosen_schemes


def test_names_come_back_as_schemes_once_each_and_in_order():
    assert [scheme.name for scheme in chosen_schemes(["int8", "float32", "int8"])] == ["int8", "float32"]
    assert [scheme.name for scheme in chosen_schemes("int16x8")] == ["int16x8"]


@pytest.mark.parametrize("names", [[], ["int4"], ["float32", "flaot16"]])
def test_what_is_no_scheme_is_an_error(names):
    with pytest.raises(EdgezooError):
        chosen_schemes(names)


@pytest.mark.parametrize("name", SCHEMES)
def test_ends_are_what_is_asked_for_where_there_is_a_choice(name):
    scheme = SCHEMES[name]
    assert [scheme.io(io) for io in scheme.io_types] == list(scheme.io_types)
    assert {scheme.io(io) for io in IO_TYPES} <= set(scheme.io_types)


def test_int8_has_the_choice_and_floats_have_none():
    assert [SCHEMES["int8"].io(io) for io in IO_TYPES] == list(IO_TYPES)
    assert {SCHEMES["float32"].io(io) for io in IO_TYPES} == {"float32"}
