from types import SimpleNamespace

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export.converter import Job
from edgezoo.export.converter_messages import INTEGER, about_operators
from edgezoo.export.preflight import judge, trial_jobs

_LAYERS = [SimpleNamespace(name="a"), SimpleNamespace(name="b")]
MODEL = SimpleNamespace(layers=_LAYERS, _flatten_layers=lambda: _LAYERS)


@pytest.fixture
def jobs(tmp_path):
    """Jobs of the schemes at two sizes: ``jobs("int8", …)``."""

    def make(*schemes):
        made = []
        for size in (8, 9):
            images = tmp_path / f"{size}.npy"
            np.save(images, np.full((5, size, size, 1), size, "uint8"))
            for scheme in schemes:
                calibration = str(images) if scheme.startswith("int") else None
                made.append(Job(f"frozen_{size}", scheme, "int8", calibration, f"{scheme}_{size}.tflite"))
        return made

    return make


def test_a_float_file_and_each_integer_scheme_are_tried_once(jobs, tmp_path):
    trials = trial_jobs(jobs("int16x8", "dynamic", "int8"), tmp_path)
    assert [job.scheme for job in trials] == ["float32", "int16x8", "int8"]
    assert {(job.saved_model, job.io) for job in trials} == {("frozen_8", "int8")}
    assert trials[0].calibration is None
    assert np.load(trials[1].calibration).shape == (1, 8, 8, 1)
    assert len({job.output for job in trials}) == 3


def test_a_float_file_that_is_asked_for_is_not_converted_twice(jobs, tmp_path):
    asked = jobs("dynamic", "float32")
    assert trial_jobs(asked, tmp_path) == [asked[1]]


def test_each_cause_is_told_once(jobs, tmp_path):
    trials = trial_jobs(jobs("int8", "int16x8"), tmp_path)
    places = [("NEG", "m/a_1/Neg")], [("SIN", "m/b_1/Sin")]
    errors = [EdgezooError("crashed"), *(EdgezooError("floats", about_operators(INTEGER, each)) for each in places)]
    with pytest.raises(EdgezooError) as error:
        judge(trials, zip(trials, errors, strict=True), MODEL, "m.keras")
    where = "layer '{}' (SimpleNamespace) uses {}, which has no such integer form in LiteRT; replace it"
    expected = f"as int8: {where.format('a', 'NEG')}; as int16x8: {where.format('b', 'SIN')}."
    assert str(error.value) == f"m.keras cannot be exported {expected}"


def test_failures_that_are_no_layers_are_left_to_the_conversion(jobs, tmp_path):
    asked = jobs("int8")
    trials = trial_jobs(asked, tmp_path)
    crashed = EdgezooError("crashed")
    results = iter([*((job, crashed) for job in trials), (asked[0], None)])
    assert judge(trials, results, MODEL, "m.keras") == (dict.fromkeys(trials, crashed), None)
    assert list(results) == [(asked[0], None)]
