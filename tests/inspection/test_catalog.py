"""That the figures are true is held by the contract of named models (``tests/zoo/test_contract.py``)."""

import json
from importlib import resources

from edgezoo.inspection.catalog import catalog, usual_shape
from edgezoo.zoo import list_models


def test_the_catalog_lists_exactly_the_registered_models():
    rows = json.loads(resources.files("edgezoo.inspection").joinpath("catalog.json").read_text())
    assert [row["name"] for row in rows] == list_models()
    assert catalog() == rows


def test_figures_are_for_the_images_that_the_weights_are_for():
    for name in ("strided_s", "pooled_avg_l", "strided_lite"):  # the second has weights of colour as well
        assert usual_shape(name) == (28, 28, 1)
    assert usual_shape("global_inverted_s") == (32, 32, 3)
