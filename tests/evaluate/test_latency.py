"""The protocol, by what the document must look like whatever the machine does; never by a time."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import benchmark_files, latency, load_runner
from edgezoo.inspection.pixels import Pixels

from ..schemas import assert_valid


@pytest.fixture(scope="module")
def document(zoo):
    return benchmark_files([zoo.bars_float32, zoo.bars_int8], threads=(1, 2), min_runs=31, min_seconds=0.05)


def test_the_document_is_that_of_the_contract(zoo, document):
    assert json.loads(json.dumps(document)) == document
    assert_valid(document, "evaluate", "results")
    rows = document["results"]
    assert [(row["file"], row["threads"]) for row in rows] == [
        (path, threads) for path in (zoo.bars_float32, zoo.bars_int8) for threads in (1, 2)
    ]
    assert {"results", "environment", "command"} <= document.keys()
    assert "governor" in document["environment"] and "cpu" in document["environment"]
    for row in rows:
        times = row["latency_ms"]
        assert (
            0
            < times["min"]
            <= times["p5"]
            <= times["p50"]
            <= times["p90"]
            <= times["p95"]
            <= times["p99"]
            <= times["max"]
        )
        assert times["min"] <= times["mean"] <= times["max"]
        assert row["runs"] >= 31
        assert row["init_ms"] > 0 and row["first_ms"] > 0
        assert row["device"] == "local" and row["runtime"].startswith("ai-edge-litert ")
        assert row["peak_rss_bytes"] > 1 << 20
        assert row["delegated"] == load_runner(row["file"]).delegated


class Recorder:
    """Stands in for a child process; keeps the order in which the children are asked to run."""

    log = None  # a list, new in each test
    input_shape, runtime, init_ms, timing_note = (2, 2, 1), "none", 1.0, None

    def __init__(self, path, threads, image_size, pixels, runtime):
        self.key, self.pixels = (path, threads), pixels or Pixels()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def set_input(self, image):
        assert image.shape == self.input_shape and image.dtype == np.uint8

    def time(self, runs, seconds, warm_up=0):
        self.log.append((self.key, runs, seconds, warm_up))
        return np.arange(1, runs + 1) * 1_000_000

    def inspect(self):
        return {"peak_rss_bytes": None, "delegated": None}


def test_files_take_turns_and_warm_up_first(zoo, monkeypatch):
    monkeypatch.setattr(latency, "Worker", Recorder)
    monkeypatch.setattr(Recorder, "log", [])
    paths = [zoo.bars_float32, zoo.bars_int8, zoo.inside]
    document = benchmark_files(paths, min_runs=50, min_seconds=1.0)
    # One first run, then at least 5 runs and 0.5 s of warm-up for every file, before anything is timed for the result.
    opening, timed = Recorder.log[:6], Recorder.log[6:]
    assert opening == [entry for path in paths for entry in (((path, 1), 1, 0, 0), ((path, 1), 5, 0.5, 0))]
    rounds = [timed[k : k + 3] for k in range(0, len(timed), 3)]
    assert len(rounds) > 1
    for turn in rounds:
        assert {key for key, *_ in turn} == {(path, 1) for path in paths}
    assert len({tuple(key for key, *_ in turn) for turn in rounds}) > 1, "the order changes from round to round"
    for path in paths:
        own = [entry for entry in timed if entry[0] == (path, 1)]
        assert sum(runs for _, runs, _, _ in own) >= 50
        assert sum(seconds for _, _, seconds, _ in own) >= 1.0 - 1e-9
    # Nothing is clipped or left out: the statistics are those of all runs of all rounds.
    assert all(row["runs"] == len(rounds) * 5 and row["latency_ms"]["max"] == 5.0 for row in document["results"])


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=200))
def test_percentiles_are_interpolated_linearly(times):
    """Against the definition (Hyndman and Fan's type 7), written out."""
    ordered = sorted(times)
    result = latency.summarize(np.array(times))
    assert len(result["quantiles"]) == latency.QUANTILES
    quantiles = {100 * (k + 0.5) / latency.QUANTILES: value for k, value in enumerate(result["quantiles"])}
    for p, value in (quantiles | {p: result[f"p{p}"] for p in (5, 50, 90, 95, 99)}).items():
        place = (len(times) - 1) * p / 100
        below = int(place)
        above = min(below + 1, len(times) - 1)
        expected = ordered[below] + (place - below) * (ordered[above] - ordered[below])
        assert value == pytest.approx(expected)
    assert (result["min"], result["max"]) == (ordered[0], ordered[-1])


def test_keras_files_are_timed_too(zoo):
    (row,) = benchmark_files([zoo.keras], min_runs=10, min_seconds=0.01)["results"]
    assert row["runtime"].startswith("keras ") and "tensorflow" in row["runtime"]
    assert row["delegated"] is None and row["runs"] >= 10 and row["latency_ms"]["p50"] > 0


def test_files_of_any_size_need_one(zoo):
    with pytest.raises(EdgezooError, match=r"open_float32\.tflite takes images of any size"):
        benchmark_files([zoo.open_float32])
    document = benchmark_files([zoo.open_float32], min_runs=10, min_seconds=0.01, image_size=(9, 7))
    assert document["results"][0]["input_shape"] == [9, 7, 1]


def test_a_file_that_cannot_run_is_named(tmp_path, zoo):
    (tmp_path / "cut.tflite").write_bytes(Path(zoo.bars_int8).read_bytes()[:900])
    with pytest.raises(EdgezooError, match=r"cut\.tflite"):
        benchmark_files([zoo.bars_int8, tmp_path / "cut.tflite"])


def test_nothing_to_measure():
    with pytest.raises(EdgezooError, match="at least one file"):
        benchmark_files([])
