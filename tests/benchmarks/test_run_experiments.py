"""The script that runs all experiments for the docs."""

import json

import pytest
import run_experiments

from edgezoo.common.errors import UnknownName


@pytest.mark.slow
def test_results_are_kept_and_latencies_are_measured_alone(forked_scripts, tmp_path, monkeypatch):
    monkeypatch.setattr(run_experiments, "RESULTS", tmp_path / "results")
    passes, run_side_by_side = [], run_experiments.run_side_by_side

    def spied(commands, jobs):
        passes.append(([label for label, _, _ in commands], jobs))
        run_side_by_side(commands, jobs)

    monkeypatch.setattr(run_experiments, "run_side_by_side", spied)
    arguments = ["depth", "downsampling", "--data", "digits", "--quick", "--jobs", "2", "--output", str(tmp_path)]
    run_experiments.main.main(arguments, standalone_mode=False)
    assert passes == [(["depth", "downsampling"], 2), (["downsampling"], 1)]
    for name in ("depth", "downsampling"):
        document = json.loads((tmp_path / "results" / f"{name}.json").read_text())
        assert document["experiment"] == name and document["quick"] and len(document["rows"]) > 1


def test_a_wrong_name_meets_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="did you mean 'shift'"):
        run_experiments.main.main(["shifts", "--output", str(tmp_path)], standalone_mode=False)
