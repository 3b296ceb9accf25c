"""Devices that files are measured on: this machine, and others that are reached from it.

device.py      what a device is, and how it is named
local.py       this machine
ssh.py         a machine with an SSH server
adb            a phone with Android
browser        a headless Chromium
again.py       what happens where a connection breaks
said.py        what devices say, checked
connection.py  one connection: describe, push, run, fetch
job.py         measurements of files on a device, which go on after a broken connection
prepared.py    what a device gets of a file
launch.py      how the runner is started there
runner         what runs there, by itself
registry.py    the kinds of devices
"""

from ...common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "DEVICES": "registry",
        "device_at": "registry",
        "Setup": "job",
        "answers_on": "job",
        "latency_on": "job",
        "prepare": "prepared",
    },
)
