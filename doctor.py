"""What is installed, what was found, and what is missing."""

import sys

from .common.environment import environment
from .common.quiet import import_tensorflow, quiet_stderr
from .common.text import one_line

#: Packages that only an extra needs, and how to get them.
_OPTIONAL = {"tensorflow-model-optimization": "pip install 'edgezoo[compress]'"}


def _devices():
    """Accelerators that TensorFlow sees, imported here so that the other checks survive a broken installation."""
    tensorflow = import_tensorflow()
    with quiet_stderr():
        return [device.name for device in tensorflow.config.list_physical_devices("GPU")]


def examine():
    """Looks at versions, devices, runtimes, compilers and data sets.

    Returns:
        JSON-able dict: ``environment``, and ``checks``, a list of ``{"what", "state", "detail"}`` whose state is
        ``"ok"``, ``"missing"`` (something optional) or ``"broken"`` (edgezoo cannot work without it).
    """
    from .datasets import known_datasets
    from .export.targets import list_targets

    facts = environment()
    checks = [_check("Python", "ok", f"{facts['python']} ({sys.executable})")]
    for package, installed in facts["packages"].items():
        absent, detail = (
            ("missing", "comes with edgezoo[compress]") if package in _OPTIONAL else ("broken", "not installed")
        )
        checks.append(_check(package, "ok" if installed else absent, installed or detail))
    checks.append(
        _check("CPU", "ok", f"{facts['cpu']}, {facts['cores']} cores, governor {facts['governor'] or 'unknown'}")
    )
    try:
        gpus = _devices()
        checks.append(_check("GPU", "ok" if gpus else "missing", ", ".join(gpus) or "none seen; training uses the CPU"))
    except Exception as error:  # a broken TensorFlow is exactly what this command is asked about
        checks.append(_check("TensorFlow", "broken", one_line(error, 200)))
    for row in known_datasets():
        found = row["found"]
        checks.append(_check(f"data set {row['name']}", "ok" if found else "missing", found or row["how"]))
    for row in list_targets():
        found = row["found"]
        checks.append(_check(f"target {row['name']}", "ok" if found else "missing", found or row["how"]))
    return {"environment": facts, "checks": checks}


def _check(what, state, detail):
    return {"what": what, "state": state, "detail": str(detail)}
