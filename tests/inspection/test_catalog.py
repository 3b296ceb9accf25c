import json
from importlib import resources

import pytest

from edgezoo.inspection.catalog import catalog, measure
from edgezoo.zoo import list_models


def test_the_catalog_lists_exactly_the_registered_models():
    rows = json.loads(resources.files("edgezoo.inspection").joinpath("catalog.json").read_text())
    assert [row["name"] for row in rows] == list_models()


@pytest.mark.parametrize("name", list_models())
def test_the_generated_figures_are_true(name):
    assert catalog(name) == [measure(name)], "run `python -m edgezoo.inspection.catalog`"
