"""The devices that files are for, one module each; ``target.py`` says what one is.

``edgezoo check`` asks them where the operators of a file would run (``checking.py``), ``edgezoo export --target`` makes
bundles for them, and ``edgezoo targets`` tells what each takes and can be told (``settings.py``).
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
        List of ``name``, ``runtime``, ``takes``, ``ships`` (number format of a bundle), ``needs`` (the tool), ``how``
        (to get that, and what this version of edgezoo does with it), ``found`` (where it is here, or ``None``),
        ``checked`` (whether ``check`` knows it), ``checked_by`` (what it goes by here, in words), ``static`` (whether
        that is nothing of the target's own), ``compiles`` and ``packages`` (whether ``export`` does, with the tool),
        ``settings`` (name → what it is).
    """
    return [_row(target, target.tool.found()) for target in TARGETS.values()]


def _row(target, found):
    by_tool = target.by_tool if found else None
    return {
        "name": target.name,
        "runtime": target.runtime,
        "takes": target.takes,
        "ships": target.chosen()[0],
        "needs": target.tool.name,
        "how": f"{target.tool.how}; {target.tool.role}",
        "found": found,
        "checked": target.check is not None,
        "checked_by": (by_tool or target.by_rules) if target.check else None,
        "static": bool(target.check and not by_tool),
        "compiles": target.compile is not None,
        "packages": target.package is not None,
        "settings": {name: setting.help for name, setting in target.settings.items()},
    }
