"""A phone with Android, by the ``adb`` client and LiteRT's own program ``benchmark_model``, which its user gives.

client.py   the phone's shell and its files
phone.py    what the phone is, and how it is
program.py  how benchmark_model is called, and what it prints
measure.py  latency and answers of files
"""

from ..device import Device
from .measure import answers, latency

DEVICE = Device(
    "adb",
    form="adb[:SERIAL]",
    description="a phone with Android, with `?benchmark_model=PATH`",
    latency=latency,
    answers=answers,
    has_serial=True,
    settings=("benchmark_model",),
)
