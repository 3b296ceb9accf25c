import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection.pixels import parse
from edgezoo.runtime.runners import load_runner
from edgezoo.runtime.worker import Worker, started_ahead

pytestmark = pytest.mark.usefixtures("children_as_ever")

IMAGES = np.random.default_rng(3).integers(0, 256, (5, 12, 12, 1), np.uint8)


def test_a_child_answers_as_a_runner_here(zoo):
    runner = load_runner(zoo.bars_int8)
    with Worker(zoo.bars_int8) as worker:
        np.testing.assert_array_equal(worker.predict(IMAGES), runner.predict(IMAGES))
        assert worker.input_shape == runner.input_shape == (12, 12, 1)
        assert worker.runtime == runner.runtime
        assert worker.pixels == runner.pixels
        assert worker.inspect()["delegated"] == runner.delegated


def test_a_child_is_told_the_pixels(zoo):
    pixels = parse("-1..1")
    with Worker(zoo.bars_float32, pixels=pixels) as worker:
        expected = load_runner(zoo.bars_float32, pixels=pixels).predict(IMAGES)
        np.testing.assert_array_equal(worker.predict(IMAGES), expected)
        assert worker.pixels == pixels


def test_children_that_were_started_ahead_are_the_first_workers_own(zoo):
    def ours():
        return {child.pid for child in psutil.Process().children(recursive=True)}

    before = ours()
    with started_ahead([zoo.keras, zoo.bars_int8], 3):
        ahead = ours() - before
        with Worker(zoo.bars_int8) as first, Worker(zoo.bars_float32) as second:
            assert {first._child.process.pid, second._child.process.pid} < ahead
            np.testing.assert_array_equal(first.predict(IMAGES), load_runner(zoo.bars_int8).predict(IMAGES))
            np.testing.assert_array_equal(second.predict(IMAGES), load_runner(zoo.bars_float32).predict(IMAGES))
    assert not ours() & ahead
    with Worker(zoo.bars_int8) as worker:
        assert worker._child.process.pid not in ahead
    with started_ahead([zoo.keras], 3):
        assert ours() == before


def test_timing_keeps_both_promises(zoo):
    with Worker(zoo.bars_float32) as worker:
        worker.set_input(IMAGES[0])
        assert len(worker.time(runs=7, seconds=0)) == 7
        times = worker.time(runs=1, seconds=0.05, warm_up=2)
        assert times.dtype == np.int64 and (times > 0).all() and len(times) > 1
        assert times.sum() <= 0.05e9 + times[-1]


def test_memory_is_that_of_a_fresh_process(zoo):
    """A parent's own memory must not show up: fork hands its peak on, and getrusage would tell it."""
    ballast = bytearray(os.urandom(1 << 20)) * 700
    with Worker(zoo.bars_float32) as worker:
        peak = worker.inspect()["peak_rss_bytes"]
        now = psutil.Process(worker._child.process.pid).memory_info().rss
    assert 0.9 * now < peak < len(ballast)


def test_a_crash_is_an_error_that_names_the_file(zoo):
    with Worker(zoo.bars_float32) as worker:
        os.kill(worker._child.process.pid, signal.SIGSEGV)
        with pytest.raises(EdgezooError, match=r"bars_float32\.tflite.*SIGSEGV"):
            worker.predict(IMAGES)


def test_damaged_files_end_in_one_line_or_run(tmp_path, zoo):
    """Bytes of a good file are overwritten at random; whatever the runtime does, this process lives on."""
    content = Path(zoo.bars_int8).read_bytes()
    rng = np.random.default_rng(0)
    outcomes = set()
    for k in range(12):
        damaged = bytearray(content[: rng.integers(len(content) // 2, len(content) + 1)])
        for place in rng.integers(0, len(damaged), 40):
            damaged[place] = rng.integers(0, 256)
        path = tmp_path / f"damaged{k}.tflite"
        path.write_bytes(damaged)
        try:
            with Worker(path) as worker:
                worker.predict(IMAGES)
            outcomes.add("ran")
        except EdgezooError as error:
            assert path.name in str(error) and "\n" not in str(error)
            outcomes.add("error")
    assert "error" in outcomes


def test_children_end_with_their_parent(zoo):
    """A killed parent can close nothing; its child sees the end of its input."""
    code = (
        "import sys, time; from edgezoo.runtime.worker import Worker; "
        "w = Worker(sys.argv[1]); print(w._child.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, zoo.bars_float32], stdout=subprocess.PIPE, text=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(timeout=20)
    assert not child.is_running()


def test_the_current_folder_is_not_imported_from(tmp_path, monkeypatch, zoo):
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported a stranger')")
    monkeypatch.chdir(tmp_path)
    with Worker(zoo.bars_float32) as worker:
        assert worker.predict(IMAGES).shape == (5, 6)
