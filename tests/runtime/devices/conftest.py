"""A real SSH server on loopback, of the user who runs the tests, with keys of its own."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edgezoo.runtime.devices import Setup, device_at, latency_on, prepare


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return Path(f"{path}.pub").read_text().strip()


@pytest.fixture(scope="session")
def sshd(tmp_path_factory):
    """``port``, and the folder of keys and client configuration."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not shutil.which("ssh"):
        missing = "there is no OpenSSH; on Debian: apt-get install openssh-server openssh-client"
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_SSHD") else pytest.skip)(missing)
    folder, port = tmp_path_factory.mktemp("sshd"), _free_port()
    host_key = _key(folder / "host_key")
    (folder / "authorized_keys").write_text(_key(folder / "user_key") + "\n")
    _key(folder / "other_key")
    (folder / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder}/host_key\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        "KbdInteractiveAuthentication no\nMaxStartups 50\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd locks itself in; systemd makes it
    log = open(folder / "log", "w")  # noqa: SIM115
    server = subprocess.Popen([program, "-D", "-e", "-f", folder / "config"], stderr=log)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.02)
    yield SimpleNamespace(port=port, folder=folder, host_key=host_key)
    server.terminate()
    server.wait()
    log.close()


class Proxy:
    """Hands on what passes between ssh and a port; ``break_off`` closes the connection, as often as it is asked to."""

    def __init__(self, port):
        self._target, self._ends = port, ()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port, self.connections = self._server.getsockname()[1], 0
        threading.Thread(target=self._accept, daemon=True).start()

    def break_off(self):
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                self.connections += 1
                self._ends = client, socket.create_connection(("127.0.0.1", self._target))
                for ends in (self._ends, self._ends[::-1]):
                    threading.Thread(target=self._hand_on, args=ends, daemon=True).start()

    def _hand_on(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self._server.close()


@pytest.fixture
def proxy(sshd):
    proxy = Proxy(sshd.port)
    yield proxy
    proxy.close()


@pytest.fixture
def broken_once(proxy):
    """A function that breaks the connection off when it is called for the third time."""
    calls = []

    def advance(steps):
        calls.append(steps)
        if len(calls) == 3:
            proxy.break_off()

    return advance


@pytest.fixture
def client(sshd, tmp_path, monkeypatch):
    """A function that writes what the user's ssh is configured with; without arguments it logs in at the server.

    ``ssh`` is the system's own, with a configuration of the test: that of the user is in the way.
    """

    def configure(known=sshd.host_key, key="user_key", **options):
        (tmp_path / "known_hosts").write_text(f"edgezoo-test {known}\n" if known else "")
        settings = {
            "HostKeyAlias": "edgezoo-test",
            "UserKnownHostsFile": tmp_path / "known_hosts",
            "GlobalKnownHostsFile": "/dev/null",
            "IdentityFile": sshd.folder / key,
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            **options,
        }
        (tmp_path / "ssh_config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
        program = tmp_path / "bin" / "ssh"
        if not program.exists():
            real = shutil.which("ssh")
            program.parent.mkdir()
            program.write_text(f'#!/bin/sh\nexec {real} -F {tmp_path}/ssh_config "$@"\n')
            program.chmod(0o755)
            monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")

    configure()
    return configure


@pytest.fixture
def address(tmp_path):
    """A function from a port, a Python and other settings to the text of an address on loopback."""

    def of(port=None, python=sys.executable, folder=tmp_path / "jobs"):
        where = "local" if port is None else f"ssh://{getpass.getuser()}@127.0.0.1:{port}"
        return f"{where}?python={python}&folder={folder}"

    return of


@pytest.fixture
def time_on(zoo):
    """A function that times ``bars_int8`` on a device by its address, in three turns or more."""

    def run(text, turns=3, runs=5, advance=lambda steps: None):
        file = prepare(zoo.bars_int8)
        image = np.zeros((1, *file.input_shape), np.uint8).tobytes()
        turn = {"runs": runs, "seconds": 0.0, "warm_up": 1}
        warm_up, setups = {"runs": 1, "seconds": 0}, [Setup(file, image)]
        rows, description = latency_on(
            device_at(text), setups, rounds=[[0]] * turns, warm_up=warm_up, turn=turn, advance=advance
        )
        return rows[0], description

    return run


@pytest.fixture
def script(tmp_path):
    """A function from a name and the text of a program to its path."""

    def write(name, text, mode=0o755):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return write
