"""That the figures are true is held by the contract of named models (``tests/zoo/test_contract.py``)."""

import json
from importlib import resources

from edgezoo.inspection.catalog import catalog
from edgezoo.zoo import list_models


def test_the_catalog_lists_exactly_the_registered_models():
    rows = json.loads(resources.files("edgezoo.inspection").joinpath("catalog.json").read_text())
    assert [row["name"] for row in rows] == list_models()
    assert catalog() == rows
