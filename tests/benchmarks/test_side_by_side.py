import sys
import time

import pytest
from side_by_side import run_side_by_side

from edgezoo.common.errors import EdgezooError


def command(tmp_path, label, code):
    return label, [sys.executable, "-c", code], tmp_path / label / "log.txt"


def test_commands_run_at_the_same_time_with_one_thread_each(tmp_path):
    code = "import os, time; time.sleep(1.5); print(os.environ['TF_NUM_INTRAOP_THREADS'])"
    start = time.perf_counter()
    run_side_by_side([command(tmp_path, label, code) for label in "abc"], jobs=3)
    assert time.perf_counter() - start < 4
    assert [(tmp_path / label / "log.txt").read_text() for label in "abc"] == ["1\n"] * 3


def test_no_more_than_asked_at_a_time(tmp_path):
    code = "import time; print(time.time()); time.sleep(0.3); print(time.time())"
    run_side_by_side([command(tmp_path, label, code) for label in "abc"], jobs=1)
    times = [float(line) for label in "abc" for line in (tmp_path / label / "log.txt").read_text().splitlines()]
    assert times == sorted(times)


def test_a_failure_names_its_log_after_the_others_have_ended(tmp_path):
    commands = [command(tmp_path, "bad", "import sys; sys.exit('broken')"), command(tmp_path, "good", "print('fine')")]
    with pytest.raises(EdgezooError, match=r"bad failed, see .*bad/log\.txt\. The same command goes on"):
        run_side_by_side(commands, jobs=1)
    assert (tmp_path / "bad" / "log.txt").read_text() == "broken\n"
    assert (tmp_path / "good" / "log.txt").read_text() == "fine\n"
