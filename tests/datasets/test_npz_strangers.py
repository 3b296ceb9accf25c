"""Damaged and hostile ``.npz`` files: read as the sound one is, or refused in one line."""

import io
import re
import zipfile

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets import load_dataset

from ..damaged import damaged_copies


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("npz") / "sound.npz"
    np.savez(path, x=rng.integers(0, 256, (40, 6, 6), np.uint8), y=np.arange(40) % 4)
    return path


def outcome(path):
    """The pixels of the first split, or the line that refuses the file; any other error fails the test."""
    try:
        train = load_dataset(str(path)).train
        return train.read(np.arange(len(train)))
    except EdgezooError as error:
        assert "\n" not in str(error) and str(path) in str(error)
        return str(error)


def rewritten(sound, path, key, content):
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content(old.read(name)) if name == f"{key}.npy" else old.read(name))
    return path


def test_bytes_that_are_others_or_missing(sound, tmp_path):
    right = outcome(sound)
    for number, damaged in enumerate(damaged_copies(sound.read_bytes(), seed=5)):
        path = tmp_path / f"{number}.npz"
        path.write_bytes(damaged)
        result = outcome(path)
        if not isinstance(result, str):  # members have checksums
            np.testing.assert_array_equal(result, right)


@pytest.mark.parametrize("shape", ["(40, 60, 60)", "(1000000000, 600, 600)", "(-1, 6, 6)", "('x',)", "(" * 90, "None"])
def test_a_header_that_claims_what_is_not_there(sound, tmp_path, shape):
    def claim(content):
        start = content.index(b"{")
        header = re.sub(rb"\(40, 6, 6\)", shape.encode(), content[start:128].rstrip())
        header = header.ljust(max(127 - start, len(header))) + b"\n"
        return content[: start - 2] + len(header).to_bytes(2, "little") + header + content[128:]

    assert "cannot read" in outcome(rewritten(sound, tmp_path / "claim.npz", "x", claim))


@pytest.mark.parametrize(
    "values", [np.array([{}] * 40, object), np.array(["a"] * 40), np.full(40, np.nan), np.ones(40, "c8")]
)
def test_labels_of_other_kinds(sound, tmp_path, values):
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    assert isinstance(outcome(rewritten(sound, tmp_path / "labels.npz", "y", lambda _: buffer.getvalue())), str)
