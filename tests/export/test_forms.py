"""What a file that is asked for is to be like."""

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export.forms import Form, form_for, form_of
from edgezoo.export.targets import TARGETS

LAYERS = (("stage1*", "int16x8"),)


def test_layers_make_a_file_a_mixed_one_of_the_precision_of_all_others():
    form = form_of("int8", "uint8", layers=LAYERS)
    assert form == Form("mixed", "uint8", precision="int8", layers=LAYERS)
    assert form.record == {"precision": "int8", "chosen": {"stage1*": "int16x8"}}
    assert form_of("int8", "uint8").record is None


def test_an_estimator_counts_where_activations_are_int8():
    chosen = [form_of(scheme, "uint8", estimator="mse").estimator for scheme in ("int8", "int16x8", "float32")]
    assert chosen == ["mse", None, None]
    assert form_of("int16x8", "uint8", estimator="mse", layers=(("head", "int8"),)).estimator == "mse"


def test_a_target_that_takes_no_mixed_files_says_so():
    assert form_for(TARGETS["phone"], layers=LAYERS) == form_of("int8", "uint8", layers=LAYERS)
    assert form_for(TARGETS["phone"], "float32", layers=LAYERS).precision == "float32"
    assert form_for(TARGETS["coral"], estimator="mse").estimator == "mse"
    with pytest.raises(EdgezooError, match="takes int8 with uint8 in and out; mixed was asked for"):
        form_for(TARGETS["coral"], layers=LAYERS)
