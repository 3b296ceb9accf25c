"""A browser on this machine: files run in LiteRT.js, in a page that a headless Chromium gets from loopback."""

import numpy as np

from ....common.environment import environment
from ..device import Device
from .session import Session

#: Images that are run between two words to the desk.
_CHUNK = 64


def latency(address, setups, *, rounds, warm_up, turn, advance=lambda runs: None):
    """As ``job.latency_on``. Times are by ``performance.now()``, from an input tensor to an output that can be read."""
    facts, times = [], [[] for _ in setups]
    with Session(address, setups) as session:
        for number, _ in enumerate(setups):
            loaded = session.load(number)
            (first,) = session.times(number, runs=1, seconds=0)
            session.times(number, **warm_up)
            facts.append(
                {
                    "init_ms": loaded,
                    "first_ms": first / 1e6,
                    "runtime": session.runtime,
                    "peak_rss_bytes": None,
                    "delegated": None,
                }
            )
            advance(1)
        for order in rounds:
            for number in order:
                times[number].append(session.times(number, **turn))
                advance(1)
        description = _described(address, session)
    return [{**row, "times": np.concatenate(own)} for row, own in zip(facts, times, strict=True)], description


def answers(address, setups, count, finished, advance=lambda images: None):
    """As ``job.answers_on``."""
    with Session(address, setups) as session:
        for number, setup in enumerate(setups):
            session.load(number)
            parts = []
            for start in range(0, count, _CHUNK):
                stop = min(count, start + _CHUNK)
                parts.append(session.outputs(number, start, stop))
                advance(stop - start)
            session.close(number)
            finished(setup.file.scores(np.concatenate(parts)), session.runtime)
        return _described(address, session)


def _described(address, session):
    """What the browser and this machine are; what a page cannot know of the machine's state is ``None``."""
    here = environment()
    return {
        "device": str(address),
        **session.description,
        "cpu": here["cpu"],
        "machine": here["machine"],
        "kernel": None,
        "governor": here["governor"],
        "temperature_c": {"before": None, "after": None},
        "throttled": None,
    }


DEVICE = Device(
    "browser",
    form="browser",
    description="a headless Chromium on this machine, with LiteRT.js",
    latency=latency,
    answers=answers,
    settings=("program", "accelerator", "port"),
)
