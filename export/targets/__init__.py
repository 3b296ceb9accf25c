"""The devices that files are for, one module each; ``target.py`` says what one is.

Compiling for a target and checking a file against it is not part of this version; what it takes is told by
``edgezoo targets`` so that the right scheme can be exported.
"""

from ...common.registry import Registry, from_modules
from .target import Target, Tool

__all__ = ["TARGETS", "Target", "Tool", "list_targets"]

#: Name → ``Target``.
TARGETS = Registry(
    "target",
    "edgezoo.targets",
    from_modules(
        __name__,
        (
            "phone",
            "phone_gpu",
            "coral",
            "ethos_u",
            "tflm",
            "browser",
            "raspberry_pi",
        ),
        "TARGET",
    ),
    remedy="`edgezoo targets` shows them all",
)


def list_targets():
    """All targets as JSON-able dicts.

    Returns:
        List of ``name``, ``runtime``, ``takes``, ``needs`` (the tool), ``how`` (to get that, and what this version of
        edgezoo does with it), ``found`` (where it is here, or ``None``).
    """
    return [
        {
            "name": target.name,
            "runtime": target.runtime,
            "takes": target.takes,
            "needs": target.tool.name,
            "how": f"{target.tool.how}; {target.tool.role}",
            "found": target.tool.found(),
        }
        for target in TARGETS.values()
    ]
