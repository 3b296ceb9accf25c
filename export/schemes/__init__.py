"""The number formats of exported files, one module each; ``scheme.py`` says what one is."""

from ...common.errors import EdgezooError
from ...common.registry import Registry, from_modules
from .scheme import IO_TYPES, Scheme, Source

__all__ = ["IO_TYPES", "SCHEMES", "Scheme", "Source", "chosen_schemes"]

#: Name → ``Scheme``.
SCHEMES = Registry(
    "quantization scheme",
    "edgezoo.schemes",
    from_modules(
        __name__,
        (
            "float32",
            "float16",
            "dynamic",
            "int8",
            "int16x8",
            "int8_weights",
            "int4_weights",
            "mixed",
        ),
        "SCHEME",
    ),
)


def chosen_schemes(names):
    """The ``Scheme`` of each name, in order, each once.

    Raises:
        EdgezooError: none is named, or one that is not in ``SCHEMES``.
    """
    names = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    if not names:
        raise EdgezooError(f"no quantization scheme was given; choose from {', '.join(SCHEMES)}.")
    return [SCHEMES[name] for name in names]
