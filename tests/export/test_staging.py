import fcntl
import signal
import subprocess
import sys

import pytest

from edgezoo.export.staging import locked_staging

HOLDER = """
import sys, time
from pathlib import Path
from edgezoo.export.staging import locked_staging
with locked_staging(Path(sys.argv[1])) as folder:
    (folder / "half.tflite").touch()
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process at work in a scratch folder: ``(process, folder's name)``."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True)
    yield process, process.stdout.readline().strip().rpartition("/")[2]
    process.kill()
    process.wait()
    process.stdout.close()


def names(folder):
    return sorted(child.name for child in folder.iterdir())


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_dead_export_left_goes_and_what_a_living_one_has_stays(end, holder, tmp_path):
    process, name = holder
    assert names(tmp_path) == [name]
    with locked_staging(tmp_path) as mine:
        assert names(tmp_path) == sorted([name, mine.name])
        assert names(tmp_path / name) == ["half.tflite"]
    assert names(tmp_path) == [name]

    process.send_signal(end)
    process.wait()
    assert names(tmp_path) == [name]
    with locked_staging(tmp_path) as mine:
        assert names(tmp_path) == [mine.name]


def test_it_goes_on_errors_too_and_others_things_stay(tmp_path):
    others = [".tmp-abc.json", ".tmp-abcdef", ".tmp-export-file", "net.tflite"]
    (tmp_path / others[1]).mkdir()
    for name in (others[0], *others[2:]):
        (tmp_path / name).touch()
    with pytest.raises(KeyboardInterrupt), locked_staging(tmp_path) as folder:
        assert folder.is_dir()
        raise KeyboardInterrupt
    assert names(tmp_path) == others


def test_without_locks_nothing_is_cleared(tmp_path, monkeypatch):
    (tmp_path / ".tmp-export-whose").mkdir()

    def refuse(descriptor, operation):
        raise OSError("no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked_staging(tmp_path / "new") as folder:
        assert folder.is_dir()
    with locked_staging(tmp_path):
        pass
    assert names(tmp_path) == [".tmp-export-whose"]


def test_what_a_killed_export_was_replacing_is_put_back(tmp_path):
    for name in ("coral", "phone"):
        (tmp_path / ".tmp-export-dead" / "before" / name / "old").mkdir(parents=True)
    (tmp_path / "phone" / "new").mkdir(parents=True)
    with locked_staging(tmp_path):
        assert names(tmp_path / "coral") == ["old"] and names(tmp_path / "phone") == ["new"]
    assert names(tmp_path) == ["coral", "phone"]
