"""The record of where a number came from."""

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_RECORDED = (
    *("edgezoo", "tensorflow", "keras", "ai-edge-litert"),
    *("tensorflow-model-optimization", "ai-edge-quantizer", "numpy"),
)


def version(package):
    """Installed version of a package, or ``None``; nothing is imported."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _first_line_with(path, key):
    try:
        for line in Path(path).read_text().splitlines():
            if line.startswith(key):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return None


def cpu_governor():
    """Frequency governor of CPU 0 (``"performance"``, ``"powersave"`` …), or ``None`` where the kernel tells none."""
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text().strip()
    except OSError:
        return None


def cores():
    """Number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment():
    """Versions, machine and time, as a JSON-able dict that is stored beside every measured number."""
    return {
        "packages": {name: version(name) for name in _RECORDED},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu": _first_line_with("/proc/cpuinfo", "model name") or platform.processor() or None,
        "cores": cores(),
        "governor": cpu_governor(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def command():
    """The command line that is running, quoted for a shell, so that a reader can give it again."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
