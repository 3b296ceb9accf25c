from types import SimpleNamespace

import pytest

from edgezoo.common import gpus, nvidia
from edgezoo.common.quiet import import_tensorflow
from edgezoo.doctor import examine

#: Of TensorFlow 2.21 on a machine without NVIDIA's driver.
NO_DRIVER = """\
I0000 00:00:1795863625.933957   18245 port.cc:153] oneDNN custom operations are on.
I0000 00:00:1795863625.934588   18245 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.
I0000 00:00:1795863634.119441   18245 dso_loader.cc:144] Could not load dynamic library 'libcuda.so.1'; dlerror: libcuda.so.1: cannot open shared object file: No such file or directory
E0000 00:00:1795863634.125300   18245 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)
I0000 00:00:1795863634.125347   18245 cuda_diagnostics.cc:145] kernel driver does not appear to be running on this host (vm): /proc/driver/nvidia/version does not exist
"""  # noqa: E501
#: As people report it of older versions, with a driver and without CUDA.
NO_CUDA = """\
2024-02-19 20:35:30.820121: I external/local_tsl/tsl/cuda/cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.
2024-02-19 20:35:31.100000: I external/local_tsl/tsl/platform/default/dso_loader.cc:53] Successfully opened dynamic library libcuda.so.1
2024-02-19 20:35:31.200000: W tensorflow/core/common_runtime/gpu/gpu_device.cc:2256] Cannot dlopen some GPU libraries. Please make sure the missing libraries mentioned above are installed properly if you would like to use GPU.
Skipping registering GPU devices...
"""  # noqa: E501
NO_CUDNN = NO_CUDA.replace(
    "Successfully opened dynamic library libcuda.so.1", "Could not load dynamic library 'libcudnn.so.9'; dlerror: none"
)
MISMATCH = """\
E0000 00:00:1795863634.125300   18245 cuda_platform.cc:52] failed call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH: system has unsupported display driver / cuda driver combination
I0000 00:00:1795863634.125347   18245 cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.
"""  # noqa: E501


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (NO_DRIVER, "libcuda.so.1 of NVIDIA's driver is missing; install the driver"),
        (NO_CUDA, "CUDA's libraries are missing; `pip install 'edgezoo[gpu]'` brings them. TensorFlow says: C"),
        (NO_CUDNN, "CUDA's libraries are missing (libcudnn.so.9); `pip install 'edgezoo[gpu]'` brings them."),
        (MISMATCH, "TensorFlow says: failed call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH: system has"),
        ("", "TensorFlow gives no reason."),
    ],
)
def test_the_reason_is_tensorflows_and_says_what_to_do(log, expected):
    reason = gpus.reason(log)
    assert reason.startswith(expected) and reason.endswith(".") and "\n" not in reason


@pytest.fixture
def unseen(monkeypatch):
    """``gpus.unseen`` on a machine with a GPU that TensorFlow does not see."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(nvidia, "gpu", lambda: "NVIDIA H200")
    monkeypatch.setattr(gpus, "_log", lambda: NO_DRIVER)
    gpus.unseen.cache_clear()
    yield gpus.unseen
    gpus.unseen.cache_clear()


def test_a_gpu_that_tensorflow_does_not_see_is_told_of(unseen):
    told = "NVIDIA H200 is here, but TensorFlow does not see it: libcuda.so.1 of NVIDIA's driver is missing"
    assert unseen().startswith(told)
    row = next(row for row in examine()["checks"] if row["what"] == "GPU")
    assert row["state"] == "missing" and row["detail"].startswith(told)


@pytest.mark.parametrize("how", ["hidden", "absent", "seen"])
def test_no_gpu_is_missed_without_cause(unseen, monkeypatch, how):
    if how == "hidden":
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    elif how == "absent":
        monkeypatch.setattr(nvidia, "gpu", lambda: None)
    else:
        monkeypatch.setattr(gpus, "gpus", lambda: ["GPU:0"])
    assert unseen() is None


def test_facts_of_a_gpu(monkeypatch):
    assert gpus.facts() is None
    config = import_tensorflow().config
    details = {"device_name": "NVIDIA H200", "compute_capability": (9, 0)}
    monkeypatch.setattr(config, "list_physical_devices", lambda kind: [SimpleNamespace(name="GPU:0")])
    monkeypatch.setattr(config.experimental, "get_device_details", lambda gpu: details)
    monkeypatch.setattr(nvidia, "driver", lambda: "550.54.15")
    found = gpus.facts()
    assert found.pop("cuda").startswith("12.") and found.pop("cudnn") == "9"
    assert found == {"names": ["NVIDIA H200"], "compute_capability": ["9.0"], "driver": "550.54.15"}
    row = next(row for row in examine()["checks"] if row["what"] == "GPU")
    assert row["state"] == "ok" and row["detail"].startswith("NVIDIA H200 (9.0); driver 550.54.15, CUDA 12.")
