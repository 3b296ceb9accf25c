"""The kinds of devices by the schemes of their addresses."""

from ...common.registry import Registry, from_modules
from .device import parse

#: Name → ``Device``.
DEVICES = Registry(
    "device",
    "edgezoo.devices",
    from_modules(
        __package__,
        (
            "local",
            "ssh",
            "adb",
            "browser",
        ),
        "DEVICE",
    ),
)


def device_at(text):
    """The ``Address`` that a text names; raises ``EdgezooError`` as ``device.parse``."""
    return parse(text, DEVICES)
