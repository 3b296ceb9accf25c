"""Whether there is an NVIDIA GPU here, by what its driver leaves in the file system; no library is needed."""

import os
import re
from pathlib import Path


def gpu(root="/"):
    """What shows that there is an NVIDIA GPU, for people: its model where the driver says it, or ``None``.

    Args:
        root: folder that stands for ``/``.
    """
    root = Path(root)
    for path in sorted(root.glob("proc/driver/nvidia/gpus/*/information")):
        model = re.search(r"^Model:\s*(.+?)\s*$", _text(path), re.MULTILINE)
        if model and model[1] != "Unknown":
            return model[1]
    if any(root.glob("dev/nvidia[0-9]*")):
        return "an NVIDIA GPU (/dev/nvidia*)"
    # Windows lends Linux any maker's GPU as /dev/dxg, and the driver's library beside it where that is NVIDIA's.
    if (root / "dev/dxg").exists() and (root / "usr/lib/wsl/lib/libcuda.so.1").exists():
        return "an NVIDIA GPU (/dev/dxg)"
    return None


def driver(root="/"):
    """Version of the kernel's driver (``"550.54.15"``), or ``None``; WSL has none of its own."""
    version = re.search(r"Kernel Module.*?\s(\d+(\.\d+)+)", _text(Path(root) / "proc/driver/nvidia/version"))
    return version and version[1]


def hidden():
    """Whether somebody has hidden all GPUs from CUDA on purpose."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1", "NoDevFiles")


def _text(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
