"""The results files that the docs are written from."""

import json
from pathlib import Path

from edgezoo.common.environment import command, environment
from edgezoo.common.files import write_json

RESULTS = Path(__file__).resolve().parent / "results"


def results(name):
    """The document of a results file."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def write_results(name, document):
    """Writes a results file, with the machine and the command that it is from."""
    write_json(RESULTS / f"{name}.json", {**document, "environment": environment(), "command": command()})
