"""What runs on a device: it measures ``.tflite`` files there.

It needs Python 3.7, NumPy and LiteRT or tflite_runtime, and nothing of edgezoo: ``program`` is all that is sent. Each
file is loaded by a child, which runs the same program. What has been measured is kept in the job's folder until the
desk has it all, so that a broken connection costs no more than what was under way.

wire.py     messages between the desk, the device and its children
machine.py  what the device is, and how it is
loaded.py   one file, in a child
jobs.py     what the desk asks for
"""

import re
from pathlib import Path

from .wire import BOOT

__all__ = ["BOOT", "program"]


def program():
    """The source of the modules as one, to be read by ``BOOT`` behind its length: ``bytes``."""
    folder = Path(__file__).parent
    sources = ((folder / f"{name}.py").read_bytes() for name in ("wire", "machine", "loaded", "jobs"))
    return re.sub(rb"^from \..*\n", b"", b"\n".join(sources), flags=re.MULTILINE)
