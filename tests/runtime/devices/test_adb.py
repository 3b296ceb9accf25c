"""Over Debian's adb, its server and a stand-in of a phone, whose ``benchmark_model`` runs files by LiteRT here."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate.latency import benchmark_files
from edgezoo.runtime import load_runner
from edgezoo.runtime.devices import Setup, again, answers_on, device_at, latency_on, prepare
from edgezoo.runtime.devices.adb import measure

from .phone import BENCHMARK_MODEL, Phone

ONCE = {"rounds": [[0]], "warm_up": {"runs": 2, "seconds": 0}, "turn": {"runs": 9, "seconds": 0, "warm_up": 0}}


@pytest.fixture(scope="module")
def adb(tmp_path_factory):
    """A function that calls adb, whose server is one of the tests' own."""
    if not shutil.which("adb"):
        missing = "there is no adb; on Debian: apt-get install adb"
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_ADB") else pytest.skip)(missing)
    with socket.socket() as probe, pytest.MonkeyPatch.context() as patch:
        probe.bind(("127.0.0.1", 0))
        patch.setenv("ANDROID_ADB_SERVER_PORT", str(probe.getsockname()[1]))
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("ADB_MDNS", "0")
        # It looks for emulators on other ports than anybody's.
        patch.setenv("ADB_LOCAL_TRANSPORT_MAX_PORT", "5554")
        probe.close()

        def call(*arguments):
            done = subprocess.run(["adb", *arguments], capture_output=True, text=True, timeout=30, check=True)
            return done.stdout

        call("start-server")
        yield call
        call("kill-server")


@pytest.fixture
def phone(adb, tmp_path, monkeypatch):
    """A ``Phone`` that adb is connected to."""
    monkeypatch.setattr(again, "WAITS", ())
    phone = Phone(tmp_path)
    phone.connect = lambda: adb("connect", phone.serial)
    assert "connected" in phone.connect()
    yield phone
    phone.close()
    adb("disconnect")


@pytest.fixture
def address(phone, script):
    """A function from an executable's text and a serial number to an ``Address``."""

    def of(text=BENCHMARK_MODEL, serial=phone.serial):
        return device_at(f"adb{f':{serial}' * bool(serial)}?benchmark_model={script('tool of $(reboot)', text)}")

    return of


@pytest.fixture
def file(zoo):
    return prepare(zoo.bars_int8)


@pytest.fixture
def timed(address, file):
    """A function that times ``bars_int8`` on the phone."""
    return lambda text=BENCHMARK_MODEL, **rest: latency_on(address(text, **rest), [Setup(file, bytes(144))], **ONCE)


def test_a_file_is_timed_and_nothing_stays(timed, phone, file):
    (row,), description = timed()
    times = row["latency_ms"]
    assert row["runs"] == 9 and row["init_ms"] > 0 <= row["first_ms"] and row["peak_rss_bytes"] is None
    assert times["min"] <= times["p5"] <= times["p50"] <= times["p95"] <= times["max"]
    assert times["p90"] is None and times["p99"] is None
    tool = hashlib.sha256(BENCHMARK_MODEL.encode()).hexdigest()
    assert row["runtime"] == f"benchmark_model {tool[:12]}" and description["benchmark_model_sha256"] == tool
    assert description == description | {
        "device": f"adb:{phone.serial}",
        "model": "Acme Phone 7",
        "cpu": "AC1234",
        "machine": "arm64-v8a",
        "system": "Android 14 (API 34)",
        "kernel": os.uname().release,
        "cores": os.cpu_count(),
        "temperature_c": {"before": 41.5, "after": 41.5},
        "throttled": False,
    }
    assert description["ram_bytes"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert not list(phone.room.iterdir())
    # No name is part of a line for the phone's shell, nor of a file there.
    assert "reboot" not in "".join(phone.scripts) and "bars" not in "".join(phone.scripts)
    assert phone.pushes == [tool, hashlib.sha256(file.content).hexdigest(), "values-0"]


@pytest.mark.parametrize("name", ["bars_float32", "open_float32"])
def test_answers_are_those_of_litert(name, zoo, dataset, address, monkeypatch, tmp_path):
    monkeypatch.setattr(measure, "_IMAGES", 3)
    images, path, found = dataset.test.read(np.arange(4)), getattr(zoo, name), []
    (tmp_path / "shard").write_bytes(images.tobytes())
    setups = [Setup(prepare(path, (12, 12)), tmp_path / "shard")]
    done = []
    answers_on(address(), setups, 4, lambda *answer: found.append(answer), done.append)
    ((scores, runtime),) = found
    assert runtime.startswith("benchmark_model ") and done == [3, 1]
    np.testing.assert_array_equal(scores, load_runner(path, image_size=(12, 12)).predict(images))


def test_the_documents_have_what_the_phone_tells(address, zoo, phone):
    where = address()
    text = f"{where}?benchmark_model={where.settings['benchmark_model']}"
    document = benchmark_files([zoo.bars_int8], devices=[text], min_runs=10, min_seconds=0.1)
    (row,) = document["results"]
    assert row["device"] == f"adb:{phone.serial}" and row["runs"] >= 10 and row["latency_ms"]["p50"] >= 0
    assert "one go" in row["timing_note"] and "times" not in row


def test_what_was_measured_before_a_phone_vanished_is_not_measured_again(address, zoo, phone, adb, dataset):
    """A time that no measurement gives is put in the place of the one that was kept."""
    setups = [Setup(prepare(path), bytes(144)) for path in (zoo.bars_int8, zoo.bars_float32)]
    how = {**ONCE, "rounds": [[0, 1]]}

    def vanish(steps):
        phone.vanishes_at = len(phone.scripts)

    with pytest.raises(EdgezooError, match=r"connection to adb:\S+ was cut.*the same command goes on there\.$"):
        latency_on(address(), setups, **how, advance=vanish)
    (kept,) = phone.room.glob("*/latency-0")
    text = re.sub(r"\bmin=\d+ max=\d+", "min=0 max=77000000", kept.read_text())
    kept.write_text(re.sub("Init: [0-9]+", "Init: 1234", text))
    adb("disconnect")
    phone.vanishes_at, pushed = None, len(phone.pushes)
    phone.connect()
    rows, _ = latency_on(address(), setups, **how)
    assert [row["init_ms"] == 1.234 for row in rows] == [True, False] and rows[0]["latency_ms"]["max"] == 77000
    assert all(name.startswith("values-") for name in phone.pushes[pushed:])
    assert not list(phone.room.iterdir())


def test_a_phone_that_comes_back_is_gone_on_with(timed, phone, adb, monkeypatch, capsys):
    phone.vanishes_at = 5

    def come_back(seconds):
        phone.vanishes_at = None
        adb("disconnect")
        phone.connect()

    monkeypatch.setattr(again, "WAITS", (1,))
    monkeypatch.setattr(again, "time", SimpleNamespace(sleep=come_back))
    (row,), _ = timed()
    assert row["runs"] == 9
    assert re.search(r"connection to adb:\S+ was cut.*connecting again", capsys.readouterr().err)


def test_a_file_that_is_refused_is_named(address, file, phone):
    broken = SimpleNamespace(**{**vars(file), "content": b"nothing"})
    with pytest.raises(EdgezooError, match=r"bars_int8\S* on adb:\S+: ERROR: Failed to load model [0-9a-f]+\.$"):
        latency_on(address(), [Setup(broken, bytes(144))], **ONCE)
    assert not list(phone.room.iterdir())


#: The head of a program for x86-64, whose e_machine is 62.
ELF = "\x7fELF\x02\x01\x01" + "\0" * 11 + ">" + "\0" * 20


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (ELF, "is for x86_64, and .* runs arm64-v8a, armeabi-v7a; give"),
        ("#!/bin/sh\necho 'sh: ./x: not executable: 64-bit ELF file'; exit 126", "another processor.*for arm64-v8a"),
        ("#!/bin/sh\necho 'write: No space left on device'; exit 1", "no space left on the phone; make room"),
        ("#!/bin/sh\nexit 3", "it ended without a word"),
        ("#!/bin/sh\necho hello", "on adb:.*: hello"),
        ("#!/bin/sh\nprintf 'unresolved \\033[2J\\nERROR: Benchmarking failed.\\n'; exit 1", r"unresolved \\x1b\[2J"),
        ("#!/bin/sh\necho Initialized session in 1ms count=1 curr=5\necho count=2 curr=5", "too slow there for 9 runs"),
        ("#!/bin/sh\nhead -c 2000000 /dev/zero", "answers without an end"),
    ],
)
def test_what_a_program_does_wrong_is_told_in_one_line(text, says, timed, phone):
    with pytest.raises(EdgezooError, match=says) as error:
        timed(text)
    assert str(error.value).isprintable()
    assert not list(phone.room.iterdir())


def test_a_program_without_outputs_is_refused(address, file):
    silent = "#!/bin/sh\necho count=0; echo count=1 curr=5"
    with pytest.raises(EdgezooError, match="has no --output_filepath; give a newer one"):
        answers_on(address(silent), [Setup(file, bytes(144))], 1, lambda *answer: None)
    endless = '#!/bin/sh\nfor last; do :; done; head -c 99 /dev/zero >"${last#*=}"'
    with pytest.raises(EdgezooError, match=r"answers without an end|not as many"):
        answers_on(address(endless), [Setup(file, bytes(144))], 1, lambda *answer: None)


def test_a_full_phone(timed, phone):
    phone.is_full = True
    with pytest.raises(EdgezooError, match="no space left on the phone; make room in /data/local/tmp"):
        timed()


def test_a_phone_that_answers_nonsense(timed, phone):
    phone.answer = lambda script: b"\x1b[2J" * 99
    with pytest.raises(EdgezooError, match="adb cannot use it") as error:
        timed()
    assert str(error.value).isprintable()
    phone.answer = lambda script: b"ro.product.model=\x1b[2J\ncores=9e9\nmemory=-\n\nedgezoo-status 0\n"
    with pytest.raises(EdgezooError, match=r"bars_int8\S* on adb"):
        timed()


def test_without_a_way_to_a_phone(timed, phone, adb, tmp_path, monkeypatch):
    with pytest.raises(EdgezooError, match="adb:emulator-1: there is no such phone; see `adb devices`"):
        timed(serial="emulator-1")
    (tmp_path / "other").mkdir()
    other = Phone(tmp_path / "other")
    adb("connect", other.serial)
    with pytest.raises(EdgezooError, match="adb: several phones are there; name one as adb:SERIAL"):
        timed(serial=None)
    other.close()
    adb("disconnect")
    with pytest.raises(EdgezooError, match="adb: no phone is there; plug one in"):
        timed(serial=None)
    phone.trusts = False
    with subprocess.Popen(["adb", "connect", phone.serial], stdout=subprocess.DEVNULL) as connecting:
        while phone.serial not in adb("devices"):
            pass
        with pytest.raises(EdgezooError, match="does not trust this machine yet; unlock it"):
            timed()
        connecting.kill()
    with monkeypatch.context() as patch, pytest.raises(EdgezooError, match="adb is not installed; install adb"):
        patch.setenv("PATH", "/nowhere")
        timed()


def test_the_program_must_be_given(phone, file, tmp_path):
    (tmp_path / "empty").touch()
    for setting, says in (
        ("", "needs LiteRT's benchmark_model for the phone"),
        (f"?benchmark_model={tmp_path}/none", r"cannot be read from \S+none \(No such file"),
        (f"?benchmark_model={tmp_path}", r"Is a directory"),
        (f"?benchmark_model={tmp_path}/empty", "the file is empty"),
    ):
        with pytest.raises(EdgezooError, match=says):
            latency_on(device_at(f"adb{setting}"), [Setup(file, bytes(144))], **ONCE)
    (tmp_path / "tool").write_text("x")
    with pytest.raises(EdgezooError, match="takes no --delegate"):
        setups = [Setup(file, bytes(144), delegate="libedgetpu.so.1")]
        latency_on(device_at(f"adb?benchmark_model={tmp_path}/tool"), setups, **ONCE)
