"""Addresses, and that every kind of device is whole."""

import shlex
from pathlib import Path

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.runtime.devices import DEVICES, device_at
from edgezoo.runtime.devices.device import Address, Device, parse

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "devices.md").read_text(encoding="utf-8")


def missing(device, page=PAGE):
    """What a ``Device`` lacks, as lines that say where to add it."""
    lacks = []
    if not device.form.startswith(device.name):
        lacks.append("`form` begins with its scheme")
    if not device.description:
        lacks.append("`description` says for people what it is")
    if f"| `{device.form}` |" not in page:
        lacks.append("docs/devices.md has no row of it; run `python benchmarks/render.py`")
    if device.command:
        host = "host" if device.needs_host else None
        hostile = Address(device.name, "user", host, 1, settings={"python": "python; reboot", "folder": "$(reboot)"})
        if "reboot" in shlex.join(device.command(hostile)):
            lacks.append("`command` has nothing of what travels on stdin: Python and folder")
    elif not (device.latency and device.answers):
        lacks.append("`latency` and `answers` measure where there is no `command`")
    return lacks


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_is_whole(name):
    assert missing(DEVICES[name]) == []


def test_what_a_half_finished_device_lacks_is_named():
    half = Device("mail", "to://", "", lambda address: ["sh", "-c", address.settings["python"]])
    assert [phrase.split("`")[1] for phrase in missing(half)] == [
        "form",
        "description",
        "python benchmarks/render.py",
        "command",
    ]
    assert [phrase.split("`")[1] for phrase in missing(Device("local", "local", "this machine"))] == ["latency"]


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("local", Address("local"), "local"),
        ("local?python=/opt/py", Address("local", settings={"python": "/opt/py"}), "local?python=/opt/py"),
        ("ssh://pi", Address("ssh", host="pi"), "ssh://pi"),
        ("ssh://me@pi.lan:2222/", Address("ssh", "me", "pi.lan", 2222), "ssh://me@pi.lan:2222"),
        ("ssh://me@[fe80::1]:22", Address("ssh", "me", "fe80::1", 22), "ssh://me@[fe80::1]:22"),
        ("ssh://pi?folder=/mnt/x%20y", Address("ssh", host="pi", settings={"folder": "/mnt/x y"}), "ssh://pi"),
    ],
)
def test_addresses(text, address, shown):
    assert device_at(text) == address
    assert str(address) == shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("shh://pi", "unknown device 'shh'; did you mean 'ssh'"),
        ("", "unknown device ''"),
        ("pi@raspberry", "unknown device"),
        ("ssh", r"of the form ssh://\[USER@\]HOST"),
        ("ssh://", "of the form"),
        ("local://pi", "of the form local"),
        ("local:pi", "of the form local"),
        ("local:", "of the form local"),
        ("ssh://-oProxyCommand=reboot", "of the form"),
        ("ssh://-l@pi", "of the form"),
        ("ssh://pi$(reboot)", "of the form"),
        ("ssh://pi/home", "of the form"),
        ("ssh://pi:port", "is no address of a device"),
        ("ssh://pi:99999", "is no address of a device"),
        ("ssh://[::1", "is no address of a device"),
        ("ssh://me:secret@pi", "no password may stand in an address"),
        ("ssh://pi?pyhton=python3.11", "unknown setting of a device 'pyhton'; did you mean 'python'"),
        ("ssh://pi?python=a%0Ab", "of the form"),
        ("ssh://pi?python", "is no address of a device"),
    ],
)
def test_what_is_no_address_is_told_in_one_line(text, says):
    with pytest.raises(EdgezooError, match=says) as error:
        device_at(text)
    assert "\n" not in str(error.value) and "secret" not in str(error.value)


def test_serial_numbers():
    phones = {"phone": Device("phone", "phone[:SERIAL]", "", has_serial=True, settings=("tool",))}
    for text, serial in (
        ("phone", None),
        ("phone:emulator-5554", "emulator-5554"),
        ("phone:10.0.0.2:5555", "10.0.0.2:5555"),
    ):
        assert parse(text, phones) == Address("phone", serial=serial) and str(parse(text, phones)) == text
    assert parse("phone:a?tool=/x", phones) == Address("phone", serial="a", settings={"tool": "/x"})
    for text in ("phone:", "phone:-s", "phone:a b", "phone://a"):
        with pytest.raises(EdgezooError, match="of the form phone"):
            parse(text, phones)
