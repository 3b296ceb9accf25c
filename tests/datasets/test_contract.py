"""What every data set known by name must have; the messages say what is missing, and where it goes."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edgezoo.common.text import is_text_line
from edgezoo.datasets.named import NAMED

PAGE = Path(__file__).resolve().parents[2] / "docs" / "datasets.md"


def missing_of(named):
    """What a ``NamedDataset`` still lacks, one line each."""
    missing, name, names = [], named.name, named.class_names
    home = f"datasets/named/{name}.py"
    if not re.fullmatch("[a-z0-9_]+", name):
        missing.append(f"{name!r} is no name for --data and --weights: give it letters, digits and _ in {home}")
    if len(names) < 2 or len(set(names)) < len(names) or not all(map(is_text_line, names)):
        missing.append(f"{name} has no two or more class names, all different and each a line of text: see {home}")
    if len(named.image_shape) != 3 or named.image_shape[2] not in (1, 3):
        missing.append(f"{name}'s image_shape is not (height, width, 1 or 3): see {home}")
    if "train" not in named.counts or not set(named.counts) <= {"train", "test"}:
        missing.append(f"{name}'s counts are not those of train, and of test where it is published: see {home}")
    for part, counts in named.counts.items():
        if len(counts) != len(names) or min(counts) < 1:
            missing.append(f"{name}'s counts do not give each class its {part} images: see {home}")
    if not is_text_line(named.how):
        missing.append(f"{name} does not say on one line how to get it: fill in `how` in {home}")
    if not isinstance(named.find(), str | None):
        missing.append(f"{name} is found neither in a place nor in None: mend `find` in {home}")
    if f"`{name}`" not in PAGE.read_text("utf-8"):
        missing.append(f"docs/datasets.md does not name `{name}`: add it to the table")
    return missing


@pytest.mark.parametrize("name", NAMED)
def test_a_data_set_is_whole(name):
    missing = missing_of(NAMED[name])
    assert not missing, "\n".join(missing)


def test_what_a_half_finished_data_set_lacks_is_named():
    facts = {"class_names": ("a", "a"), "counts": {"val": (1, 2, 3)}, "image_shape": (8, 8), "how": ""}
    half = dataclasses.replace(NAMED["digits"], name="half-done", find=lambda: Path("/"), **facts)
    told = "\n".join(missing_of(half))
    for place in ("letters, digits and _", "class names", "image_shape", "those of train", "each class its val",
                  "`how`", "`find`", "docs/datasets.md"):  # fmt: skip
        assert place in told
    assert told.count("datasets/named/half-done.py") == 7


def test_looking_for_them_is_cheap():
    """Neither TensorFlow nor what the data are read with is imported."""
    probe = (
        "import sys; from edgezoo.datasets.named import NAMED; [each.find() for each in NAMED.values()]; "
        "print([m for m in ('tensorflow', 'keras', 'sklearn', 'pandas') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).strip() == "[]"
