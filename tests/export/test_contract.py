"""Every number format and every target is whole."""

import dataclasses

import pytest

from edgezoo.export import SCHEMES, TARGETS
from edgezoo.export.freezing import save_frozen
from edgezoo.export.schemes import Source

from .contract import missing_of_scheme, missing_of_target


@pytest.fixture(scope="module")
def source(fixed, pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    save_frozen(fixed.model, [(24, 24, 1)], folder, "net")
    return Source(folder, images=pictures.train[:8])


@pytest.mark.parametrize("name", SCHEMES)
def test_a_scheme_is_whole(name, source):
    assert missing_of_scheme(SCHEMES[name], source) == []


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_whole(name):
    assert missing_of_target(TARGETS[name]) == []


def test_what_a_half_finished_scheme_lacks_is_told(source):
    half = dataclasses.replace(SCHEMES["float32"], name="float24", weights="")
    lacks = missing_of_scheme(half, source)
    assert any("`weights`" in line for line in lacks) and any("docs/export.md" in line for line in lacks)
    assert missing_of_scheme(dataclasses.replace(half, io_types=()), source)


def test_what_a_half_finished_target_lacks_is_told():
    half = dataclasses.replace(TARGETS["coral"], name="mystery", schemes=("int4",), check=lambda path: None)
    lacks = missing_of_target(half)
    assert any("`schemes`" in line for line in lacks)
    assert any("docs/export.md" in line for line in lacks)
    assert any("`check`" in line for line in lacks)
    assert any("`io`" in line for line in missing_of_target(dataclasses.replace(TARGETS["phone-gpu"], io="int8")))


def test_targets_accept_what_they_say():
    accepted = {
        (name, scheme, io)
        for name, target in TARGETS.items()
        for scheme in SCHEMES
        for io in SCHEMES[scheme].io_types
        if target.accepts(scheme, io)
    }
    assert ("coral", "int8", "uint8") in accepted and ("coral", "int8", "int8") not in accepted
    assert ("browser", "float32", "float32") in accepted and ("phone", "int8", "int8") in accepted
    assert ("phone-gpu", "int8", "uint8") not in accepted
    assert {name for name, _, _ in accepted} == set(TARGETS)
