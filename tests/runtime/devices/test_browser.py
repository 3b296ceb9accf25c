"""Files in a headless Chromium, by LiteRT.js."""

import os
import shutil

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.runtime import litertjs, load_runner
from edgezoo.runtime.devices import Setup, answers_on, device_at, latency_on, prepare
from edgezoo.runtime.devices.browser.chromium import PROGRAMS


@pytest.fixture(scope="module")
def _here():
    try:
        litertjs.litertjs_files()
        if not any(map(shutil.which, PROGRAMS)):
            raise EdgezooError("there is no Chromium; on Debian: apt-get install chromium")
    except EdgezooError as error:
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_BROWSER") else pytest.skip)(str(error))


@pytest.mark.usefixtures("_here")
def test_answers_are_those_of_litert(zoo, dataset):
    images = dataset.test.read(np.arange(100))
    paths, found, steps = (zoo.bars_float32, zoo.bars_int8), [], []
    setups = [Setup(prepare(path), images.tobytes()) for path in paths]
    description = answers_on(device_at("browser"), setups, 100, lambda *answer: found.append(answer), steps.append)
    assert description["clock_resolution_us"] <= 100 and description["cores"] >= 1 and sum(steps) == 200
    for path, (scores, runtime) in zip(paths, found, strict=True):
        assert runtime == f"LiteRT.js {litertjs.VERSION} (WASM)"
        np.testing.assert_allclose(scores, load_runner(path).predict(images), atol=1e-5)


@pytest.mark.usefixtures("_here")
def test_every_run_counts_and_what_does_not_run_is_named(zoo):
    image = bytes(144)
    turn = {"runs": 7, "seconds": 0, "warm_up": 2}
    how = {"rounds": [[1, 0], [0, 1]], "warm_up": {"runs": 2, "seconds": 0}, "turn": turn}
    setups = [Setup(prepare(zoo.bars_int8), image, threads) for threads in (1, 2)]
    rows, _ = latency_on(device_at("browser"), setups, **how)
    assert [len(row["times"]) for row in rows] == [14, 14] and all(row["times"].max() > 0 for row in rows)
    assert rows[0]["peak_rss_bytes"] is None and rows[0]["init_ms"] > 0
    with pytest.raises(EdgezooError, match=r"bars_int16x8.tflite on browser: .* cannot run it"):
        latency_on(device_at("browser"), [Setup(prepare(zoo.bars_int16x8), image)], **how)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("browser?program=nope", "there is no nope"),
        ("browser?accelerator=npu", "wasm or webgpu, not npu"),
        ("browser?port=x", "a number from 0 to 65535"),
        ("browser?program=/bin/true", "ended before the work was done"),
    ],
)
@pytest.mark.usefixtures("_here")
def test_what_is_wrong_is_told_in_one_line(text, says, zoo):
    with pytest.raises(EdgezooError, match=says):
        answers_on(device_at(text), [Setup(prepare(zoo.bars_int8), bytes(144))], 1, print)
