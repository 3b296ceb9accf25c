"""What is read of compiled files; these are built by libedgetpu's schema."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.export.targets import TARGETS
from edgezoo.export.targets.coral import read_compiled

NAME = "edgetpu-custom-op"


@pytest.fixture(scope="module")
def compiled(tflite, package):
    return tflite([NAME, "RELU"], {NAME: package(cached=5000, streamed=300, runtime=13)})


def test_a_package_by_its_fields(compiled):
    (found,) = read_compiled(compiled)
    assert (found.operator, found.runtime, found.compiler) == (0, 13, "cl/343520747")
    assert (found.cached_bytes, found.streamed_bytes) == (5000, 300)
    assert [each.kind for each in found.executables] == ["execution-only", "parameter-caching"]
    assert {(each.chip, each.narrow_memory_bytes) for each in found.executables} == {("beagle", 4096)}


def test_what_check_says_of_it(compiled, tmp_path):
    path = tmp_path / "net_edgetpu.tflite"
    path.write_bytes(compiled)
    check = TARGETS["coral"].check(path)
    assert [each.where for each in check.operators] == ["accelerator", "cpu"]
    assert check.figures["min_runtime"] == 13 and check.memory["cached parameters"]["bytes"] == 5000
    assert "runtime 13" in check.notes[0] and check.by == "the compiled file"


def test_a_file_that_is_not_compiled_has_none(tflite):
    assert read_compiled(tflite(["RELU"])) == ()


def test_damage_is_one_line(tflite, package):
    whole = package()
    for options in (b"", b"\x00" * 40, whole[: len(whole) // 2], package(identifier=b"ABCD")):
        with pytest.raises(EdgezooError, match="damaged"):
            read_compiled(tflite([NAME], {NAME: options}))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_byte_that_is_wrong_leads_to_another_error(data, tflite, package):
    options = bytearray(package(cached=64))
    for _ in range(data.draw(st.integers(1, 4))):
        options[data.draw(st.integers(0, len(options) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_compiled(tflite([NAME], {NAME: bytes(options)}))
    except EdgezooError as error:
        assert "damaged" in str(error)
