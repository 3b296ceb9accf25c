"""The results files that the docs are written from."""

import json
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def results(name):
    """The document of a results file."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
