"""What every experiment must have; the messages say what is missing, and where it goes."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from edgezoo.common.text import is_text_line
from edgezoo.experiments import EXPERIMENTS, experiments

ROOT = Path(__file__).resolve().parents[2]


def missing_of(experiment):
    """What an ``Experiment`` still lacks, one line each."""
    missing, name = [], experiment.name
    home = f"experiments/{name.replace('-', '_')}.py"
    if not re.fullmatch("[a-z0-9-]+", name):
        missing.append(f"{name!r} is no name for a command line and a folder: give it letters, digits and - in {home}")
    if not is_text_line(experiment.question):
        missing.append(f"{name} asks no question on one line: fill in `question` in {home}")
    for part in ("run", "plot", "paragraph"):
        if not callable(getattr(experiment, part)):
            missing.append(f"{name} has no function `{part}`: see {home}")
    if f"## {name}\n" not in (ROOT / "docs" / "experiments.md").read_text("utf-8"):
        missing.append(f"docs/experiments.md does not show {name}: run `make experiments`")
    return missing


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_is_whole(name):
    missing = missing_of(EXPERIMENTS[name])
    assert not missing, "\n".join(missing)


def test_all_are_listed():
    assert experiments() == [{"name": name, "question": each.question} for name, each in EXPERIMENTS.items()]
    json.dumps(experiments())


def test_what_a_half_finished_experiment_lacks_is_named():
    half = dataclasses.replace(EXPERIMENTS["depth"], name="half done", question="", plot=None)
    told = "\n".join(missing_of(half))
    for place in ("letters, digits and -", "`question`", "`plot`", "docs/experiments.md", "experiments/half done.py"):
        assert place in told
    assert "`run`" not in told
