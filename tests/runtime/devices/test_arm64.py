"""Arm's kernels against this machine's: a Raspberry Pi's Python, LiteRT and bundle, in an emulator of its processor."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
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
def bundle(python, convert, tmp_path_factory):
    """``folder`` of a trained network for the Pi; ``files``, int8 and float32; ``images`` and ``labels`` to test."""
    folder, dataset = tmp_path_factory.mktemp("pi"), load_dataset("fashion_mnist")
    model = build("strided_s", weights="fashion_mnist")
    model.save(folder / "net.keras")
    (made,), failures = export_for_targets(
        folder / "net.keras", folder, ["raspberry-pi"], calibration=Calibration.draw(dataset)
    )
    assert not failures
    (folder / "float32.tflite").write_bytes(convert(lambda image: model(image, training=False), (28, 28, 1)))
    return SimpleNamespace(
        folder=made,
        files=[made / "net_int8.tflite", folder / "float32.tflite"],
        images=dataset.test.read(np.arange(COUNT)),
        labels=dataset.test.labels[:COUNT],
    )


#: Runs files of a bundle on images, with the functions of its example.
SCORES = """
import sys
import numpy as np
from example import open_model, read_json, scores_of
images, manifest = np.load("images.npy"), read_json("manifest.json")
for number, model in enumerate(sys.argv[1:]):
    (infer,) = open_model(model).values()
    scores = [scores_of(infer, image[None].astype(np.float32), manifest) for image in images]
    np.save(f"scores{number}.npy", np.stack(scores))
"""


@pytest.mark.parametrize("processor", ["cortex-a76", "cortex-a72"])  # of a Pi 5, and a Pi 4 without dot products
def test_arms_kernels_give_this_machines_answers(python, bundle, processor):
    np.save(bundle.folder / "images.npy", bundle.images)
    command = [python, "-c", SCORES, *bundle.files]
    subprocess.run(command, cwd=bundle.folder, env=os.environ | {"QEMU_CPU": processor}, check=True, timeout=60)
    for number, step in enumerate((1 / 256, 1e-5)):
        here = load_runner(bundle.files[number]).predict(bundle.images)
        there = np.load(bundle.folder / f"scores{number}.npy")
        assert abs(there - here).max() <= step
        other = np.flatnonzero(there.argmax(1) != here.argmax(1))
        best = np.sort(here[other], axis=1)
        # Of answers that differ, two classes are as good as each other but for a step; and they are few.
        assert (best[:, -1] - best[:, -2] <= step).all() and len(other) <= 2
        assert (there.argmax(1) == bundle.labels).mean() > 0.85


def test_a_bundle_is_deployed_there(python, bundle, tmp_path):
    place = f"local?python={python}"
    words = [
        "deploy",
        bundle.folder,
        "--device",
        f"{place}&folder={tmp_path}",
        "--data",
        "fashion_mnist",
        "--limit",
        40,
    ]
    result = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert_valid(document, "evaluate", "results")
    (row,), (device,) = document["results"], document["devices"]
    assert row["device"] == device["device"] == place and row["sha256"] == sha256(bundle.files[0])
    assert (row["self_test"]["images"], row["self_test"]["passed"]) == (5, 5)
    here = evaluate_files([bundle.files[0]], load_dataset("fashion_mnist"), limit=40)["results"][0]
    assert (row["top1"], row["n"]) == (here["top1"], here["n"])
    assert row["benchmarks"][0]["latency_ms"]["p50"] > 0 and row["runtime"] == "ai-edge-litert 2.1.6"
    assert device["machine"] == "aarch64" and device["cpu"].startswith("cortex-a76, emulated on ")
