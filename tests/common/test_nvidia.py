import pytest

from edgezoo.common import nvidia

VERSION = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC: 12.2.0\n"
OPEN_VERSION = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.124.06  Release Build  (dvs-builder@U16)\n"
MODEL = "Model: \t\t NVIDIA H200\nIRQ:   \t\t 123\nGPU UUID: \t GPU-0\nBus Type: \t PCIe\n"


def made(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"dev__null": ""}, None),
        ({"dev__nvidia0": "", "dev__nvidiactl": ""}, "an NVIDIA GPU (/dev/nvidia*)"),
        ({"dev__nvidiactl": ""}, None),  # a driver without a card
        ({"proc__driver__nvidia__gpus__0000:3b:00.0__information": MODEL, "dev__nvidia0": ""}, "NVIDIA H200"),
        ({"proc__driver__nvidia__gpus__0__information": "Model: Unknown\n", "dev__nvidia0": ""}, "an NVIDIA GPU (/d"),
        ({"dev__dxg": ""}, None),  # another maker's
        ({"dev__dxg": "", "usr__lib__wsl__lib__libcuda.so.1": ""}, "an NVIDIA GPU (/dev/dxg)"),
    ],
)
def test_a_gpu_is_known_by_what_its_driver_leaves(tmp_path, files, expected):
    found = nvidia.gpu(made(tmp_path, **files))
    assert found is None if expected is None else found.startswith(expected)


@pytest.mark.parametrize(("text", "expected"), [(VERSION, "550.54.15"), (OPEN_VERSION, "570.124.06"), ("", None)])
def test_the_drivers_version(tmp_path, text, expected):
    assert nvidia.driver(made(tmp_path, proc__driver__nvidia__version=text)) == expected


@pytest.mark.parametrize(("value", "expected"), [("", True), ("-1", True), ("0", False), ("0,1", False), (None, False)])
def test_gpus_can_be_hidden(monkeypatch, value, expected):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if value is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert nvidia.hidden() == expected
