"""Names of a package that are imported on first use (PEP 562)."""

import importlib


def lazy(package, home):
    """What a package's ``__init__`` needs to offer names without importing their modules.

    Args:
        package: its ``__name__``.
        home: name → module of the package that it lies in.

    Returns:
        ``(__getattr__, __dir__, __all__)`` for the package.
    """

    def __getattr__(name):
        if name in home:
            return getattr(importlib.import_module(f".{home[name]}", package), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__, lambda: sorted(home), list(home)
