"""This machine."""

import sys

from .device import Device
from .launch import LAUNCH

DEVICE = Device(
    "local",
    form="local",
    description="this machine",
    command=lambda address: ["/bin/sh", "-c", LAUNCH],
    python=sys.executable,
)
