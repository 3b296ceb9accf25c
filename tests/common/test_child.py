"""A process of its own, with small servers written for the test."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from edgezoo.common.child import Child, ChildDied
from edgezoo.common.errors import EdgezooError

pytestmark = pytest.mark.usefixtures("children_as_ever")

SERVER = """
import ctypes, os, sys, time
import numpy as np, psutil
from edgezoo.common import child
from edgezoo.common.child import serve
from edgezoo.common.errors import EdgezooError

def answer(message, array):
    match message["do"]:
        case "double":
            os.write(1, b"a library prints what it likes")
            print("so does Python")
            return {"was": str(array.dtype)}, array * 2
        case "refuse":
            raise EdgezooError("no such thing", {"operators": [["NEG", None]]})
        case "die":
            print("I0000 00:00:17.5 file.cc:1] chatter", file=sys.stderr)
            print("Check failed: scale > 0", file=sys.stderr, flush=True)
            os.abort()
        case "bug":
            raise ValueError("a bug")
        case "sleep":
            time.sleep(600)
        case "lock":
            ctypes.PyDLL(None).sleep(600)  # with Python's lock
        case "claim":
            return {"claimed": len([np.zeros(psutil.virtual_memory().total // 2, np.uint8) for _ in range(3)])}
    return {}

child._SPARE = 1
serve(answer)
"""


@pytest.fixture
def child(tmp_path, monkeypatch):
    (tmp_path / "server_of_a_test.py").write_text(SERVER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with Child("server_of_a_test") as child:
        yield child


@pytest.mark.parametrize(
    "array",
    [np.arange(6, dtype=np.int64).reshape(2, 3), np.zeros((0, 4), np.float32), np.ones((3, 5), np.uint8)[:, ::2]],
    ids=["int64", "empty", "not contiguous"],
)
def test_arrays_come_back_whatever_is_printed_meanwhile(child, array):
    for _ in range(2):
        answer, doubled = child.ask({"do": "double"}, array)
        assert answer["was"] == str(array.dtype)
        np.testing.assert_array_equal(doubled, array * 2)
        assert doubled.dtype == array.dtype


def test_an_error_comes_with_its_details_and_the_child_goes_on(child):
    with pytest.raises(EdgezooError, match="no such thing") as error:
        child.ask({"do": "refuse"})
    assert error.value.details == {"operators": [["NEG", None]]}
    assert child.ask({"do": "nothing"}) == ({}, None)


def test_a_death_tells_how_and_why(child):
    with pytest.raises(ChildDied) as death:
        child.ask({"do": "die"})
    assert death.value.how == "was ended by SIGABRT"
    assert death.value.last_words == "Check failed: scale > 0"


def test_a_bug_in_the_child_is_told(child):
    with pytest.raises(ChildDied, match="ended with status 1: ValueError: a bug"):
        child.ask({"do": "bug"})


@pytest.mark.parametrize("work", ["sleep", "lock"])
def test_a_child_goes_with_its_parent_even_while_it_works(child, work):
    """A killed parent can close nothing: its child sees the end of its input, or its own alarm rings."""
    code = f"from edgezoo.common.child import Child\nChild('server_of_a_test').ask({{'do': '{work}'}}, patience=2)"
    parent = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 30
    while not (children := psutil.Process(parent.pid).children()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    assert children
    assert not psutil.wait_procs(children, timeout=20)[1]


def test_a_child_gets_no_more_memory_than_there_is(child):
    with pytest.raises(ChildDied, match="MemoryError"):
        child.ask({"do": "claim"})


def test_words_of_a_death():
    log = (
        "WARNING: All log\nI0000 00:1.2 a.cc:3] on\n2026-01-01 10:00:00.1: I x.cc] hm\n\nterminate called: bad_alloc\n"
    )
    assert str(ChildDied(-signal.SIGABRT, log)) == "was ended by SIGABRT: terminate called: bad_alloc"
    started = (
        "E0000 00:00:17.5 1 cuda_platform.cc:51] failed call to cuInit: INTERNAL: CUDA error: UNKNOWN ERROR (303)\n"
        "2026-01-01 10:00:00.1: E external/local_xla/xla/stream_executor/cuda/cuda_dnn.cc:9] Unable to register cuDNN\n"
    )
    assert str(ChildDied(-signal.SIGSEGV, started)) == "was ended by SIGSEGV"
    assert str(ChildDied(-signal.SIGABRT, started + "E0000 00:00:17.5 1 quantize.cc:9] no scale")).endswith("no scale")
    assert str(ChildDied(1, "")) == "ended with status 1"
    assert "\n" not in str(ChildDied(-signal.SIGSEGV, "a\nb\n" * 9))
