"""A Raspberry Pi's CPU."""

from .phone import TARGET as PHONE
from .target import Target, Tool

_GUIDE = """
The bundle runs on the Pi (64-bit system) as it is:

    scp -r . pi@raspberrypi.local:model
    ssh pi@raspberrypi.local
    python3 -m venv model/venv && model/venv/bin/pip install ai-edge-litert numpy pillow
    model/venv/bin/python model/example.py PICTURE

Nothing was run on a Pi here.
"""

TARGET = Target(
    "raspberry-pi",
    runtime=PHONE.runtime,
    schemes=PHONE.schemes,
    tool=Tool("ssh", "ssh on the PATH", use="evaluate and benchmark --device ssh://USER@HOST run files there with it"),
    check=PHONE.check,
    by_tool=PHONE.by_tool,
    by_rules=PHONE.by_tool,  # which needs no ssh
    guide=_GUIDE,
)
