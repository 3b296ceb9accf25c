"""GPUs as TensorFlow sees them, and why it does not see one that is there."""

import functools
import os
import re
import subprocess
import sys

from . import nvidia
from .quiet import import_tensorflow, quiet_stderr

#: TensorFlow's start takes seconds.
_PATIENCE = 120
#: Of TensorFlow's log, the messages of these sources tell of GPUs; the first that is there is the cause of the others.
_SOURCES = ("cuda_platform.cc", "dso_loader.cc", "gpu_device.cc", "cudart_stub.cc")
_MESSAGE = re.compile(r"^.*?([\w.]+\.cc):\d+\] (.*)$", re.MULTILINE)
#: What it says where libraries are missing that `edgezoo[gpu]` brings, though the second speaks of drivers.
_NO_LIBRARIES = "Cannot dlopen some GPU libraries", "Could not find cuda drivers"


def gpus():
    """The physical GPUs that TensorFlow sees: ``tf.config.PhysicalDevice`` objects."""
    tensorflow = import_tensorflow()
    with quiet_stderr():
        return tensorflow.config.list_physical_devices("GPU")


def facts():
    """What computes on a GPU here, or ``None`` where TensorFlow sees none.

    Returns:
        JSON-able dict: ``names`` and ``compute_capability`` (``"9.0"``) of each GPU, ``driver``, the version of the
        kernel's, ``cuda`` and ``cudnn``, those that TensorFlow was built for; ``None`` for what is unknown.
    """
    found = gpus()
    if not found:
        return None
    config, build = import_tensorflow().config.experimental, import_tensorflow().sysconfig.get_build_info()
    details = [config.get_device_details(each) for each in found]
    return {
        "names": [each.get("device_name") for each in details],
        "compute_capability": [".".join(map(str, each.get("compute_capability", ()))) or None for each in details],
        "driver": nvidia.driver(),
        "cuda": build.get("cuda_version"),
        "cudnn": build.get("cudnn_version"),
    }


@functools.cache
def unseen():
    """One sentence on an NVIDIA GPU that is here and that TensorFlow does not see, with its reason; else ``None``.

    GPUs that are hidden on purpose, by ``CUDA_VISIBLE_DEVICES``, are not missed.
    """
    name = None if nvidia.hidden() else nvidia.gpu()
    if name is None or gpus():
        return None
    return f"{name} is here, but TensorFlow does not see it: {reason(_log())}"


def reason(log):
    """Why there is no GPU, and what to do, in one sentence.

    Args:
        log: what TensorFlow writes to stderr while it looks for GPUs, at level 0.
    """
    missing = list(dict.fromkeys(re.findall(r"Could not load dynamic library '([^']+)'", log)))
    if any(library.startswith("libcuda.so") for library in missing):
        return "libcuda.so.1 of NVIDIA's driver is missing; install the driver, or in a container its toolkit."
    said = {source: message for source, message in reversed(_MESSAGE.findall(log)) if "Success" not in message}
    first = next((said[source] for source in _SOURCES if source in said), "no reason").strip()
    told = f"TensorFlow gives {first}" if first == "no reason" else f"TensorFlow says: {first[:200].rstrip('.')}"
    if missing or any(words in first for words in _NO_LIBRARIES):
        names = f" ({', '.join(missing)})" if missing else ""
        return f"CUDA's libraries are missing{names}; `pip install 'edgezoo[gpu]'` brings them. {told}."
    return f"{told}."


def _log():
    """What TensorFlow says of GPUs in a fresh process; here, its log is held back."""
    verbose = {"TF_CPP_MIN_LOG_LEVEL": "0", "TF_CPP_VMODULE": "dso_loader=1"}
    look = "import tensorflow; tensorflow.config.list_physical_devices('GPU')"
    try:
        run = subprocess.run(
            [sys.executable, "-P", "-c", look],
            env={**os.environ, **verbose},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return ""
    return run.stderr.decode("utf-8", "replace")
