"""Both ways, on a problem of seconds."""

import json

import documents
import pytest
import time_to_accuracy


@pytest.mark.slow
def test_both_ways_are_timed_to_the_first_epoch_with_the_accuracy(forked_scripts, monkeypatch, tmp_path):
    monkeypatch.setattr(documents, "RESULTS", tmp_path)
    time_to_accuracy.main.main(["--model", "strided_xs", "--data", "digits", "--target", "0.3"], standalone_mode=False)
    document = json.loads((tmp_path / "time_to_accuracy.json").read_text())
    assert document["ratio"] == document["seconds"]["edgezoo"][0] / document["seconds"]["stock"][0]
    for way in ("stock", "edgezoo"):
        assert document["seconds"][way][0] > 0
        *before, last = document["val_accuracy"][way][0]
        assert last >= 0.3 and all(accuracy < 0.3 for accuracy in before)
