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


def test_only_int8_lets_one_choose_its_ends():
    for io in IO_TYPES:
        assert {name: scheme.io(io) for name, scheme in SCHEMES.items()} == {
            "float32": "float32", "float16": "float32", "dynamic": "float32", "int8": io, "int16x8": "float32"
        }  # fmt: skip
