"""Accuracy and time of ``edgezoo compress`` and ``export`` against the toolkit and the converter used by hand.

    python benchmarks/plain_compression.py      # nothing else should run meanwhile

The same networks with the same weights, epochs, batches, rates and images, every row as whole commands in processes of
their own, in turns. Writes ``results/plain_compression.json``.
"""

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import yaml
from documents import write_results
from plain_tfmot import NETWORKS
from script import run

from edgezoo.common.files import write_text
from edgezoo.common.progress import note
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.train import Recipe
from edgezoo.zoo import build

#: The plainest training: what ``plain_tfmot.trained`` does by hand.
RECIPE = Recipe(epochs=2, learning_rate=5e-4, warmup=0, weight_decay=0, label_smoothing=0, shift=0, precision="float32")
WAYS = ("int8", "qat", "prune", "cluster")


def timed(*words):
    """Seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *map(str, words)], check=True, capture_output=True)
    return time.perf_counter() - start


def by_hand(name, way, folder):
    """``(file, seconds)`` of ``plain_tfmot.py``."""
    output = folder / f"{way}_plain.tflite"
    script = Path(__file__).with_name("plain_tfmot.py")
    return output, timed(script, name, way, folder / "weights.npz", output, "--epochs", RECIPE.epochs)


def by_edgezoo(name, way, folder):
    """``(file, seconds)`` of the same by two commands."""
    model, seconds = folder / f"{name}.keras", 0
    data = ("--data", "fashion_mnist")
    if way != "int8":
        run_dir = folder / way
        recipe = ("--recipe", folder / "recipe.yaml")
        seconds += timed("-m", "edgezoo", "compress", model, "--method", way, *data, "-o", run_dir, *recipe)
        model = run_dir / "model.keras"
    bundle = folder / f"{way}_bundle"
    seconds += timed("-m", "edgezoo", "export", model, "-o", bundle, *(() if way == "qat" else data))
    return bundle / f"{model.stem}_int8.tflite", seconds


@click.command()
@click.option("--output", default="build/plain_compression", show_default=True, help="Folder of the files; a new one.")
def main(output):
    """Compress three networks in four ways, by hand and by edgezoo."""
    dataset, rows = load_dataset("fashion_mnist"), []
    for name in NETWORKS:
        folder = Path(output) / name
        folder.mkdir(parents=True)
        model = build(name, weights="fashion_mnist")
        model.save(folder / f"{name}.keras")
        np.savez(folder / "weights.npz", *model.get_weights())
        write_text(folder / "recipe.yaml", yaml.safe_dump(dataclasses.asdict(RECIPE)))
        for way in WAYS:
            note(f"{name}: {way}")
            (plain, plain_seconds), (ours, seconds) = by_hand(name, way, folder), by_edgezoo(name, way, folder)
            theirs = evaluate_files([plain], dataset)["results"][0]
            found = evaluate_files([ours], dataset)["results"][0]
            rows.append({
                "model": name,
                "way": way,
                "top1": found["top1"],
                "top1_ci95": found["top1_ci95"],
                "sha256": found["sha256"],
                "seconds": round(seconds, 1),
                "plain_top1": theirs["top1"],
                "plain_top1_ci95": theirs["top1_ci95"],
                "plain_sha256": theirs["sha256"],
                "plain_seconds": round(plain_seconds, 1),
            })  # fmt: skip
    write_results("plain_compression", {"rows": rows, "recipe": dataclasses.asdict(RECIPE)})


if __name__ == "__main__":
    run(main)
