"""Names of a package that are imported on first use (PEP 562)."""


def lazy(package, home):
    """What a package's ``__init__`` needs to offer names without importing their modules.

    Args:
        package: its ``__name__``.
        home: name → module of the package that it lies in; ``.room`` is one beside the package.

    Returns:
        ``(__getattr__, __dir__, __all__)`` for the package.
    """

    def __getattr__(name):
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        # Whatever brings TensorFlow in for the first time would bring its start-up chatter, too.
        from .quiet import quiet_import

        return getattr(quiet_import(f".{home[name]}", package), name)

    return __getattr__, lambda: sorted(home), list(home)
