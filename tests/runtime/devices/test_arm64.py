"""Arm's kernels against this machine's: a Raspberry Pi's Python, LiteRT and bundle, in an emulator of its processor."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from edgezoo.cli import main
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.export import Calibration, export_for_targets
from edgezoo.runtime import load_runner
from edgezoo.zoo import build

from ...schemas import assert_valid

ROOT = Path(__file__).resolve().parents[3]
COUNT = 100


@pytest.fixture(scope="module")
def python():
    """That of ``benchmarks/arm64.py``."""
    path = ROOT / "build" / "arm64" / "bin" / "python"
    if not path.exists():
        missing = "there is no Python of Arm; python benchmarks/arm64.py build/arm64"
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_ARM64") else pytest.skip)(missing)
    return path


@pytest.fixture(scope="module")
def bundle(python, tmp_path_factory):
    """``folder`` of a trained network for the Pi, int8 and float32; ``images`` and ``labels`` that test it."""
    folder, dataset = tmp_path_factory.mktemp("pi"), load_dataset("fashion_mnist")
    build("strided_s", weights="fashion_mnist").save(folder / "net.keras")
    calibration = Calibration.draw(dataset)
    (made,), failures = export_for_targets(
        folder / "net.keras", folder, ["raspberry-pi"], ["int8", "float32"], calibration=calibration
    )
    assert not failures
    images = dataset.test.read(np.arange(COUNT))
    return SimpleNamespace(folder=made, images=images, labels=dataset.test.labels[:COUNT])


#: Runs files of a bundle on images, with the functions of its example.
SCORES = """
import sys
import numpy as np
from example import open_model, read_json, scores_of
images = np.load("images.npy")
for model in ("net_int8.tflite", "net_float32.tflite"):
    (infer,) = open_model(model).values()
    scores = [scores_of(infer, image[None].astype(np.float32), read_json("manifest.json")) for image in images]
    np.save(sys.argv[1] + model + ".npy", np.stack(scores))
"""


@pytest.mark.parametrize("processor", ["cortex-a76", "cortex-a72"])  # of a Pi 5, and a Pi 4 without dot products
def test_arms_kernels_give_this_machines_answers(python, bundle, processor):
    np.save(bundle.folder / "images.npy", bundle.images)
    command = [python, "-c", SCORES, processor]
    subprocess.run(command, cwd=bundle.folder, env=os.environ | {"QEMU_CPU": processor}, check=True, timeout=60)
    for name, step in (("net_int8.tflite", 1 / 256), ("net_float32.tflite", 1e-5)):
        here = load_runner(bundle.folder / name).predict(bundle.images)
        there = np.load(bundle.folder / f"{processor}{name}.npy")
        assert abs(there - here).max() <= step
        other = np.flatnonzero(there.argmax(1) != here.argmax(1))
        best = np.sort(here[other], axis=1)
        # Of answers that differ, two classes are as good as each other but for a step; and they are few.
        assert (best[:, -1] - best[:, -2] <= step).all() and len(other) <= 2
        assert (there.argmax(1) == bundle.labels).mean() > 0.85


def test_the_commands_take_it_for_a_device(python, bundle, tmp_path):
    model = str(bundle.folder / "net_int8.tflite")
    device = f"local?python={python}&folder={tmp_path}"

    def rows(*words):
        result = CliRunner().invoke(main, [*words, "--device", "local", "--device", device, "--json"])
        assert result.exit_code == 0, result.stderr
        document = json.loads(result.stdout)
        assert_valid(document, "evaluate", "results")
        return document

    document = rows("evaluate", model, "--data", "fashion_mnist", "--limit", "20")
    here, there = document["results"]
    assert (here["device"], there["device"]) == ("local", f"local?python={python}")
    assert here["sha256"] == there["sha256"] == sha256(model) and here["top1"] == there["top1"]
    (device,) = document["devices"]
    assert device["machine"] == "aarch64" and device["cpu"].startswith("cortex-a76, emulated on ")


def test_the_bundles_classifier_runs_there(python, bundle, tmp_path):
    for index in range(3):
        Image.fromarray(bundle.images[index, ..., 0]).save(tmp_path / f"{index}.png")
    scores = load_runner(bundle.folder / "net_int8.tflite").predict(bundle.images[:3])
    names = (bundle.folder / "labels.txt").read_text().splitlines()
    shown = subprocess.check_output([python, bundle.folder / "classify.py", "--json", tmp_path], text=True, timeout=60)
    for line, expected in zip(shown.splitlines(), scores, strict=True):
        row = json.loads(line)
        assert row["label"] == names[expected.argmax()]
        assert row["score"] == pytest.approx(expected.max(), abs=1 / 256)
