"""Over a real sshd on loopback, with what goes wrong on the way to a device."""

import re
import sys

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.runtime.devices import Setup, again, answers_on, device_at, prepare

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"


@pytest.fixture(autouse=True)
def _at_once(client, monkeypatch):
    monkeypatch.setattr(again, "WAITS", (0, 0.2))


def test_a_file_is_timed_and_nothing_stays(sshd, address, time_on, tmp_path):
    row, description = time_on(address(sshd.port))
    assert len(row["times"]) == 15 and (row["times"] > 0).all()
    assert row["runtime"].startswith("ai-edge-litert ") and row["init_ms"] > 0 < row["first_ms"]
    assert row["delegated"]["of"] > 0
    assert re.fullmatch(rf"ssh://\w+@127\.0\.0\.1:{sshd.port}\?python=\S+", description["device"])
    assert description["cores"] >= 1 and description["ram_bytes"] > 1 << 20 and description["kernel"]
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["lock"]


def test_a_broken_connection_is_taken_up_where_it_broke(proxy, broken_once, address, time_on, capsys):
    row, _ = time_on(address(proxy.port), turns=40, runs=100, advance=broken_once)
    assert proxy.connections == 2
    assert len(row["times"]) == 4000
    assert re.search(r"connection to ssh://\S+ was cut.*connecting again", capsys.readouterr().err)


def test_what_was_measured_before_a_device_vanished_is_not_measured_again(
    proxy, broken_once, address, time_on, tmp_path, monkeypatch
):
    monkeypatch.setattr(again, "WAITS", ())
    with pytest.raises(EdgezooError, match=r"was cut.*the same command goes on there\.$"):
        time_on(address(proxy.port), turns=40, runs=100, advance=broken_once)
    (kept,) = (tmp_path / "jobs").glob("*/latency.jsonl")
    before = kept.read_text()
    # A time that no measurement gives is put in the place of the first one that was kept.
    first = re.search(r'"times": \[(\d+)', before)
    kept.write_text(before[: first.start(1)] + "123456789012" + before[first.end(1) :])
    row, _ = time_on(address(proxy.port), turns=40, runs=100)
    assert row["times"][0] == 123456789012 and len(row["times"]) == 4000
    assert not kept.exists()


def test_answers_come_through_a_broken_connection(proxy, broken_once, address, zoo, dataset):
    images = dataset.test.read(np.arange(300))
    file, found = prepare(zoo.bars_float32), []
    answers_on(
        device_at(address(proxy.port)),
        [Setup(file, images.tobytes())],
        300,
        lambda scores, runtime: found.append(scores),
        broken_once,
    )
    (scores,) = found
    np.testing.assert_allclose(scores, zoo.model.predict(images, verbose=0), atol=1e-5)
    assert proxy.connections == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"known": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"},
            "host key is not",
        ),
        ({"known": None}, "does not know its host key; connect once with ssh"),
        ({"key": "other_key"}, "refuses the login; put your public key there with ssh-copy-id"),
    ],
)
def test_who_is_there_and_who_may_log_in_is_ssh_s_to_say(options, says, sshd, client, address, time_on):
    client(**options)
    with pytest.raises(EdgezooError, match=rf"^ssh://\S+: .*{says}") as error:
        time_on(address(sshd.port))
    assert "\n" not in str(error.value)


def test_a_port_where_nothing_listens(address, time_on):
    with pytest.raises(EdgezooError, match="nothing listens there; check the port"):
        time_on(address(1))


def test_no_ssh_here(sshd, address, time_on, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EdgezooError, match="ssh is not installed; install openssh-client"):
        time_on(address(sshd.port))


def test_a_missing_python_and_its_name_is_no_command(sshd, address, time_on, tmp_path):
    with pytest.raises(EdgezooError, match=r"there is no such Python; .*\?python=PATH"):
        time_on(address(sshd.port, python=f"/nowhere/python3; touch {tmp_path}/never"))
    assert not (tmp_path / "never").exists()


def test_a_full_disk(sshd, address, time_on, tmp_path, script):
    """A limit on the size of files fails at the same place as a disk that is full, and with as little written."""
    small = script("small", f'#!/bin/sh\nulimit -f 1\nexec {sys.executable} "$@"\n')
    with pytest.raises(EdgezooError, match=r"there is no space left in \S+; make room there, or name another folder"):
        time_on(address(sshd.port, python=small))
    assert not list((tmp_path / "jobs").glob("*/*.part"))
