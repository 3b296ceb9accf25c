"""What is installed, what was found, and what is missing."""

import sys

from .common import gpus
from .common.environment import environment
from .common.text import one_line

#: Packages that only an extra brings along, and what this version does with them.
_OPTIONAL = {
    "tensorflow-model-optimization": "`edgezoo compress` trains with it; edgezoo[compress] brings it",
    "ai-edge-quantizer": "makes files of mixed precision and of int8 and int4 weights; edgezoo[quantizer] brings it",
}


def _gpus():
    """(state, detail) of the GPUs; what goes wrong with TensorFlow is raised."""
    found = gpus.facts()
    if not found:
        return "missing", gpus.unseen() or "none seen; training uses the CPU"
    names = [f"{name} ({version})" for name, version in zip(found["names"], found["compute_capability"], strict=True)]
    return "ok", f"{', '.join(names)}; driver {found['driver'] or 'unknown'}, CUDA {found['cuda']}"


def examine():
    """Looks at versions, devices, runtimes, compilers and data sets.

    Returns:
        JSON-able dict: ``environment``, and ``checks``, a list of ``{"what", "state", "detail"}`` whose state is
        ``"ok"``, ``"found"`` (it is here, and nothing in this version uses it), ``"missing"`` (something optional) or
        ``"broken"`` (edgezoo cannot work without it).
    """
    from .datasets import known_datasets
    from .export.targets import TARGETS

    facts = environment()
    checks = [_check("Python", "ok", f"{facts['python']} ({sys.executable})")]
    for package, installed in facts["packages"].items():
        if package in _OPTIONAL:
            state, words = "ok" if installed else "missing", [installed, _OPTIONAL[package]]
            checks.append(_check(package, state, "; ".join(filter(None, words))))
        else:
            checks.append(_check(package, "ok" if installed else "broken", installed or "not installed"))
    checks.append(
        _check("CPU", "ok", f"{facts['cpu']}, {facts['cores']} cores, governor {facts['governor'] or 'unknown'}")
    )
    try:
        checks.append(_check("GPU", *_gpus()))
    except Exception as error:  # a broken TensorFlow is exactly what this command is asked about
        checks.append(_check("TensorFlow", "broken", one_line(error, 200)))
    for row in known_datasets():
        found = row["found"]
        checks.append(_check(f"data set {row['name']}", "ok" if found else "missing", found or row["how"]))
    tools = {}
    for target in TARGETS.values():
        tools.setdefault(target.tool.name, {}).setdefault(target.tool, []).append(target.name)
    for name, uses in tools.items():
        found = next(iter(uses)).found()
        here = "ok" if any(tool.use for tool in uses) else "found"
        words = [found] if found else []
        for tool, targets in uses.items():
            several = targets[0] if len(targets) == 1 else f"{targets[0]} to {targets[-1]}"
            words.append(f"for {several}: {tool.role if found else f'{tool.how}; {tool.role}'}")
        checks.append(_check(f"tool {name}", here if found else "missing", "; ".join(words)))
    return {"environment": facts, "checks": checks}


def _check(what, state, detail):
    return {"what": what, "state": state, "detail": str(detail)}
