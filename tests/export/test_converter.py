"""The parent's side, with a stand-in for the converter that dies when it is told to."""

import signal
import subprocess
import sys
import time

import psutil
import pytest

from edgezoo.export.converter import Job, convert_all

pytestmark = pytest.mark.usefixtures("children_as_ever")

STAND_IN = """
import os, signal, sys, time
from edgezoo.common.child import serve
from edgezoo.common.errors import EdgezooError
print("I0000 00:00:17.5 file.cc:1] chatter", file=sys.stderr)
def answer(job, array):
    if job["scheme"] == "abort":
        print("F0000 00:00:17.5 quantize.cc:9] Check failed: scale > 0", file=sys.stderr, flush=True)
        os.abort()
    if job["scheme"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if job["scheme"] == "exit":
        os._exit(3)
    if job["scheme"] == "sleep":
        time.sleep(600)
    if job["scheme"] == "fail":
        raise EdgezooError("no", {"operators": [["NEG", None]]})
    return {}
serve(answer)
"""


@pytest.fixture
def started(monkeypatch):
    """Processes that were started, each running the stand-in."""
    processes, popen = [], subprocess.Popen

    def stand_in(command, **options):
        assert command[1:] == ["-P", "-m", "edgezoo.export.converter_process"]
        processes.append(popen([sys.executable, "-c", STAND_IN], **options))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", stand_in)
    return processes


def jobs(*schemes):
    return [Job("saved", scheme, "uint8", None, f"{index}.tflite") for index, scheme in enumerate(schemes)]


def test_one_process_does_all(started):
    results = list(convert_all(jobs("a", "fail", "c")))
    assert [(job.scheme, error and str(error)) for job, error in results] == [("a", None), ("fail", "no"), ("c", None)]
    assert results[1][1].details == {"operators": [["NEG", None]]}
    assert len(started) == 1


def test_a_crash_costs_one_file_only(started):
    results = {job.scheme: error for job, error in convert_all(jobs("a", "abort", "b", "kill", "exit", "c"))}
    assert results["a"] is results["b"] is results["c"] is None
    results = {scheme: str(error) for scheme, error in results.items()}
    assert results["abort"].startswith("the converter was ended by SIGABRT: F0000")
    assert results["abort"].endswith("Check failed: scale > 0")
    assert "SIGKILL, as the system does when memory runs out" in results["kill"]
    assert results["exit"] == "the converter ended with status 3"
    assert len(started) == 4


def test_whoever_stops_listening_ends_the_process(started):
    results = convert_all(jobs("a", "sleep"))
    next(results)
    results.close()
    assert started[0].returncode == -signal.SIGKILL


def test_the_real_converter_goes_when_its_parent_is_killed(tmp_path):
    """The parent has no chance to end it: the closed pipe does."""
    code = (
        "from edgezoo.export.converter import Job, convert_all\n"
        f"list(convert_all([Job({str(tmp_path)!r}, 'float32', 'uint8', None, {str(tmp_path / 'x')!r})] * 50))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 60
        while not (children := psutil.Process(parent.pid).children()) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        parent.kill()
        parent.wait()
    assert children
    _, alive = psutil.wait_procs(children, timeout=120)
    assert not alive
