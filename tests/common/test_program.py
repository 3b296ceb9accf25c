"""Programs that do not end, leave children behind, or print without end."""

import signal
import subprocess
import time

import psutil
import pytest

from edgezoo.common import program
from edgezoo.common.errors import EdgezooError
from edgezoo.common.program import run_program


def shell(script, folder, seconds=20):
    return run_program(["/bin/sh", "-c", script], folder, seconds)


def test_both_streams_and_the_status(tmp_path):
    assert shell("pwd; printf '\\377 no text' >&2; exit 3", tmp_path) == (3, f"{tmp_path}\n\ufffd no text")
    assert shell("kill -SEGV $$", tmp_path) == (-signal.SIGSEGV, "")


def test_what_it_leaves_behind_is_ended_and_not_waited_for(tmp_path):
    began = time.monotonic()
    status, pid = shell("sleep 60 & echo $!", tmp_path)
    assert status == 0 and time.monotonic() - began < 10
    deadline = time.monotonic() + 5
    while is_running(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(int(pid))


def is_running(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_its_time_is_over(tmp_path):
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        shell("trap '' TERM; sleep 60", tmp_path, seconds=0.2)
    assert time.monotonic() - began < 10


def test_one_that_prints_without_end_fills_no_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(program, "_FILE_BYTES", 2**20)
    monkeypatch.setattr(program, "_READ_BYTES", 100)
    status, text = shell("sleep 0.3; yes", tmp_path)
    assert status in (-signal.SIGXFSZ, 128 + signal.SIGXFSZ) and text.startswith("y\ny\n") and len(text) == 100


def test_what_is_no_program_is_said(tmp_path):
    with pytest.raises(EdgezooError, match=r"none cannot be started: No such file or directory\."):
        run_program([str(tmp_path / "none")], tmp_path, 1)
