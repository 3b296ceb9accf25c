"""A Raspberry Pi's CPU."""

from pathlib import Path

from .phone import TARGET as PHONE
from .target import Target, Tool

#: Classifies files and what the camera sees, with the functions of ``example.py`` beside it.
CLASSIFY = Path(__file__).parent / "templates" / "classify.py"

_GUIDE = """
The bundle runs on the Pi (64-bit system) as it is; the camera's library comes from its system:

    scp -r . pi@raspberrypi.local:model
    ssh pi@raspberrypi.local
    sudo apt install python3-venv python3-picamera2
    python3 -m venv --system-site-packages model/venv && model/venv/bin/pip install ai-edge-litert numpy pillow
    model/venv/bin/python model/classify.py PICTURE FOLDER
    model/venv/bin/python model/classify.py --camera

Each answer is a line: the best class, its score, and the time from pixels to scores. `--json` makes it an object,
`--watch` goes on with pictures that come into a folder, `--threads 4` uses all cores. The camera needs no Pillow.

These programs and Arm's kernels were run in an emulator of a Pi's processor, none of it on a Pi or with its camera.
"""

TARGET = Target(
    "raspberry-pi",
    runtime=PHONE.runtime,
    schemes=PHONE.schemes,
    tool=Tool("ssh", "ssh on the PATH", use="evaluate and benchmark --device ssh://USER@HOST run files there with it"),
    check=PHONE.check,
    by_tool=PHONE.by_tool,
    by_rules=PHONE.by_tool,  # which needs no ssh
    extras=(CLASSIFY,),
    guide=_GUIDE,
)
