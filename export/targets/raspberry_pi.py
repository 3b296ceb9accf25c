"""A Raspberry Pi's CPU."""

from .phone import TARGET as PHONE
from .target import Target, Tool

TARGET = Target(
    "raspberry-pi",
    runtime=PHONE.runtime,
    schemes=PHONE.schemes,
    tool=Tool("ssh", "ssh on the PATH"),
    check=PHONE.check,
)
