"""What a number format and a target must have before they are whole."""

from pathlib import Path

from edgezoo.export import SCHEMES
from edgezoo.export.schemes import IO_TYPES
from edgezoo.export.verification import verify
from edgezoo.inspection import read_graph
from edgezoo.runtime import RUNTIMES

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text(encoding="utf-8")


def missing_of_scheme(scheme, source):
    """What a ``Scheme`` lacks, as lines that say where to add it.

    Args:
        scheme: ``Scheme``, registered or not.
        source: ``export.schemes.Source`` of an image classifier, with images for those that need them.
    """
    lacks = []
    if not scheme.weights or not scheme.activations:
        lacks.append("`weights` and `activations` say for people what it stores")
    if not scheme.io_types or not set(scheme.io_types) <= set(IO_TYPES):
        lacks.append(f"`io_types` are some of {', '.join(IO_TYPES)}")
        return lacks
    if scheme.is_integer and not scheme.needs_fixed_size:
        lacks.append("integers throughout need `needs_fixed_size`")
    if f"| `{scheme.name}` |" not in DOCS:
        lacks.append("docs/export.md has no row of it; run `python benchmarks/render.py`")
    for io in scheme.io_types:
        content = scheme.make(type(source)(source.saved_model, io, source.images if scheme.needs_calibration else None))
        verify(content, scheme, io)
        if not read_graph(content).signatures:
            lacks.append("its files have no signature")
    return lacks


def missing_of_target(target):
    """What a ``Target`` lacks, as lines that say where to add it."""
    lacks = []
    if not target.runtime:
        lacks.append("`runtime` says what runs the file there")
    if not target.schemes or not set(target.schemes) <= set(SCHEMES):
        lacks.append(f"`schemes` are some of {', '.join(SCHEMES)}")
    elif target.io is not None and not any(target.io in SCHEMES[name].io_types for name in target.schemes):
        lacks.append("`io` is a type that none of its `schemes` can have")
    if target.ships not in (None, *target.schemes):
        lacks.append("`ships` is one of its `schemes`")
    if target.check and not target.by_rules:
        lacks.append("`by_rules` says what `check` goes by without the tool")
    if not target.guide and not target.package:
        lacks.append("`guide` says how a bundle comes onto the device")
    if not target.tool.name or not target.tool.how:
        lacks.append("`tool` names what is looked for on this machine, and `how` to get it")
    if f"| `{target.name}` |" not in DOCS:
        lacks.append("docs/export.md has no row of it; run `python benchmarks/render.py`")
    if target.run is not None and target.run not in RUNTIMES:
        lacks.append(f"`run` is one of the runtimes {', '.join(RUNTIMES)}")
    for part in ("check", "compile", "package"):
        function = getattr(target, part)
        if function is not None and not (callable(function) and function.__doc__):
            lacks.append(f"`{part}` is a function with a docstring")
    return lacks
