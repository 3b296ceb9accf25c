"""Vulkan for the GPU delegate: the drivers of this machine, and the software renderer that Chromium brings along."""

import contextlib
import ctypes
import os
from pathlib import Path

#: Where browsers lie that have SwiftShader, a renderer on the CPU, and a loader of Vulkan drivers.
_BROWSERS = ("/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome", "/opt/microsoft/msedge")
_RENDERER, _LOADER = "vk_swiftshader_icd.json", "libvulkan.so.1"
REMEDY = "it needs a Vulkan driver: a GPU's own, or Chromium's renderer, on Debian `apt-get install chromium`"


def find_drivers():
    """Lets this process, and its children, find a Vulkan driver.

    A GPU of the machine comes first, and drivers that the user names (``VK_ICD_FILENAMES``, ``VK_DRIVER_FILES``) are
    the only ones.
    """
    folders = [Path(folder) for folder in _BROWSERS if Path(folder, _RENDERER).exists()]
    if folders:
        os.environ.setdefault("VK_ADD_DRIVER_FILES", str(folders[0] / _RENDERER))
    # What is loaded under this name is what is found when the delegate asks for it.
    for loader in (_LOADER, *(folder / _LOADER for folder in folders)):
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(loader))
            return
