"""The devices that files are for, one module each; ``target.py`` says what one is.

``edgezoo check`` asks them where the operators of a file would run (``checking.py``); what each takes is told by
``edgezoo targets``, so that the right scheme can be exported.
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
        edgezoo does with it), ``found`` (where it is here, or ``None``), ``checked`` (whether ``check`` knows it).
    """
    return [
        {
            "name": target.name,
            "runtime": target.runtime,
            "takes": target.takes,
            "needs": target.tool.name,
            "how": f"{target.tool.how}; {target.tool.role}",
            "found": target.tool.found(),
            "checked": target.check is not None,
        }
        for target in TARGETS.values()
    ]
