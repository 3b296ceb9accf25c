"""Who gets SIGTERM and SIGHUP, and who does not."""

import os
import signal
import threading
import time

import pytest

from edgezoo.common import interrupt
from edgezoo.common.files import replacing
from edgezoo.common.interrupt import requests_handled, terminating_as_ctrl_c

NUMBERS = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    monkeypatch.setattr(interrupt, "_last_request", -1.0)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *NUMBERS)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_they_are_as_ctrl_c_and_files_are_in_order(number, tmp_path):
    with pytest.raises(KeyboardInterrupt), terminating_as_ctrl_c(), replacing(tmp_path / "file") as temporary:
        temporary.write_text("half")
        signal.raise_signal(number)
        time.sleep(5)
    assert not os.listdir(tmp_path)
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_second_one_at_once_does_not_disturb_the_clearing_up():
    """``timeout`` sends its signal to the process and then to the group that the process is in."""
    cleared = False
    with pytest.raises(KeyboardInterrupt), terminating_as_ctrl_c():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            cleared = True
    assert cleared


def test_later_ones_count_again(monkeypatch):
    with terminating_as_ctrl_c():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            monkeypatch.setattr(interrupt, "_last_request", time.monotonic() - 2)


@pytest.mark.parametrize("theirs", [signal.SIG_IGN, lambda number, frame: None], ids=["nohup", "a handler"])
def test_what_somebody_else_has_set_stays(theirs):
    for number in (signal.SIGINT, *NUMBERS):
        signal.signal(number, theirs)
    with terminating_as_ctrl_c(), requests_handled(lambda number, frame: pytest.fail("not ours")):
        for number in (signal.SIGINT, *NUMBERS):
            assert signal.getsignal(number) is theirs
            signal.raise_signal(number)


def test_inner_ones_replace_ours_and_give_them_back():
    with terminating_as_ctrl_c():
        outer = signal.getsignal(signal.SIGTERM)
        got = []
        with requests_handled(lambda number, frame: got.append(number)):
            for number in (signal.SIGINT, *NUMBERS):
                signal.raise_signal(number)
        assert got == [signal.SIGINT, *NUMBERS]
        assert signal.getsignal(signal.SIGTERM) is outer
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_other_threads_have_no_handlers():
    seen = []

    def work():
        with terminating_as_ctrl_c():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
