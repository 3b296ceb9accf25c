"""Real signals to real commands: exit 130, with what was done kept."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from edgezoo.zoo import load_model

from ..forked import Forked
from ..rendered import shapes

EDGEZOO = str(Path(sys.executable).with_name("edgezoo"))
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "shapes.npz"
    images, labels = shapes(240, side=16, channels=1)
    np.savez(path, x_train=images[:200], y_train=labels[:200], x_test=images[200:], y_test=labels[200:])
    return path


@pytest.fixture
def start():
    """A function that starts a command, ``start(*arguments)``; what still runs at the end is killed."""
    processes = []

    def start(*arguments):
        command = [EDGEZOO, *map(str, arguments)]
        processes.append(Forked(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return processes[-1]

    yield start
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def training(data, run):
    return ("train", "strided_xs", "--data", data, "-o", run, "--epochs", 5000, "--precision", "float32")


def wait_for(stream, begin):
    """Reads lines up to one that begins so."""
    read = []
    for line in stream:
        if line.startswith(begin):
            return
        read.append(line)
    pytest.fail(f"ended without «{begin}»: {''.join(read)}")


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("end", SIGNALS)
def test_a_training_exits_with_130_and_keeps_its_best(end, start, data, tmp_path):
    process = start(*training(data, tmp_path / "run"), "--json")
    wait_for(process.stderr, "epoch 1/")
    process.send_signal(end)
    if end != signal.SIGINT:
        process.send_signal(end)  # as ``timeout`` does
    printed, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors and "Error" not in errors
    document = json.loads(printed)
    assert document["interrupted"] is True and document["epochs"] >= 1
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "interrupted"
    load_model(tmp_path / "run/model.keras")
    assert not list((tmp_path / "run").glob(".tmp-*"))


def test_people_are_told_how_to_go_on_and_a_finished_training_exits_with_0(start, data, tmp_path):
    options = [*training(data, tmp_path / "run")[:-4], "--precision", "float32", "--epochs", 60]
    process = start(*options)
    wait_for(process.stderr, "epoch 2/")
    process.send_signal(signal.SIGTERM)
    printed, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "--resume goes on" in printed
    resumed = start(*options, "--resume", "--json")
    printed, errors = resumed.communicate()
    assert resumed.returncode == 0, errors
    assert json.loads(printed)["interrupted"] is False and json.loads(printed)["epochs"] == 60


@pytest.mark.parametrize(
    "command", [("quickstart", "--model", "strided_xs"), ("experiment", "depth", "--quick")], ids=lambda words: words[0]
)
def test_what_trains_on_the_way_exits_with_130_too(command, start, data, tmp_path):
    process = start(*command, "--data", data, "-o", tmp_path / "out", "--json")
    wait_for(process.stderr, "epoch 1/")
    process.send_signal(signal.SIGTERM)
    printed, errors = process.communicate()
    assert process.returncode == 130, errors
    assert printed == ""
    (line,) = [line for line in errors.splitlines() if line.startswith("Interrupted: ")]
    assert "the same command goes on" in line
    assert "Error" not in errors


@pytest.mark.parametrize("end", SIGNALS)
def test_an_export_clears_up_and_ends_its_children(end, start, tmp_path):
    folder = Path(__file__).resolve().parents[2] / "zoo/trained/fashion_mnist"
    process = start("export", folder / "strided_s.keras", "-o", tmp_path / "out", "--quantize", "float32")
    parent = psutil.Process(process.pid)
    wait_until(parent.children)  # the converter's process is there, and waited for
    children = parent.children(recursive=True)
    process.send_signal(end)
    printed, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Interrupted." in errors and "Traceback" not in errors and printed == ""
    assert not (tmp_path / "out").exists()
    assert not psutil.wait_procs(children, timeout=20)[1]


def test_under_nohup_a_hangup_is_not_heard(data, tmp_path):
    """``nohup`` starts a command with SIGHUP ignored."""
    words = [EDGEZOO, *map(str, training(data, tmp_path / "run"))]
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        wait_for(process.stderr, "epoch 1/")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        for _ in range(30):
            wait_for(process.stderr, "epoch ")
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait() == 130


def test_a_terminal_of_sixty_columns_wraps_nothing_and_its_end_is_a_request(data, tmp_path):
    """The terminal is closed while the training runs: that is a SIGHUP, and nothing can be printed any more."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    words = [EDGEZOO, *map(str, training(data, tmp_path / "run"))]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        ["setsid", "--ctty", *words], stdin=slave, stdout=slave, stderr=slave, env={**environment, "TERM": "xterm"}
    )
    os.close(slave)
    text = b""
    deadline = time.monotonic() + 120
    while text.count(b"epoch 4/5000 ") < 1 and time.monotonic() < deadline:
        text += os.read(master, 4096)
    os.close(master)
    assert process.wait(60) == 130
    assert json.loads((tmp_path / "run/run.json").read_text())["status"] == "interrupted"

    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode())
    lines = [line for line in re.split(r"[\r\n]+", plain) if line.startswith("epoch ")]
    finished = [line for line in lines if re.search(r" s( best)?$", line.rstrip())]
    bars = [line for line in lines if "/5000 " in line and "acc " in line]
    assert {line.split()[1] for line in finished} >= {"1/5000", "2/5000", "3/5000"}
    assert bars and all(re.search(r"loss \d+\.\d{3} acc \d\.\d{3} [\d:-]+$", line.rstrip()) for line in bars)
    assert max(len(line.rstrip()) for line in finished + bars) <= 60
