"""What a recipe's settings for uneven classes are worth.

    python benchmarks/imbalance.py [MODEL] [--data fashion_mnist]

Thins out the training images so that each class has fewer than the one before it, down to a hundredth (the long tail of
Cui et al. 2019, «Class-Balanced Loss Based on Effective Number of Samples»), and trains with each setting and seed.
The test images stay even. What is finished is kept. Writes ``results/imbalance.json``: a row for each training.
"""

import dataclasses
import functools
import statistics
from pathlib import Path

import click
import numpy as np
from documents import write_results
from script import run

from edgezoo.common.progress import note
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.train import Recipe, fit_tuned
from edgezoo.zoo import build

#: How many times the rarest class the first one has, and how many classes count as rare.
RATIO, SEEDS, RARE = 100, (0, 1, 2), 3
SETTINGS = {
    "as it is": {},
    "class_weights: auto": {"class_weights": "auto"},
    "class_weights: balanced": {"class_weights": "balanced"},
    "sampling: balanced": {"sampling": "balanced"},
}


def thinned(split, classes):
    """A split with fewer images of each class than of the one before it."""
    most = np.bincount(split.labels).min()
    kept = [
        np.flatnonzero(split.labels == label)[: round(most * RATIO ** (-label / (classes - 1)))]
        for label in range(classes)
    ]
    return split.subset(np.sort(np.concatenate(kept)))


@click.command()
@click.argument("name", default="strided_s")
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--recipe", default="fashion_mnist", show_default=True)
@click.option("--epochs", default=15, show_default=True)
@click.option("--output", default="build/imbalance", show_default=True, help="Folder of the trainings.")
def main(name, data, recipe, epochs, output):
    """Train model NAME with each setting on a long tail of the data."""
    dataset, files = load_dataset(data), {}
    parts = {part: thinned(dataset.splits[part], len(dataset.class_names)) for part in ("train", "validation")}
    dataset = dataclasses.replace(dataset, **parts)
    make_model = functools.partial(build, name, input_shape=dataset.input_shape, classes=len(dataset.class_names))
    for seed in SEEDS:
        for way, settings in SETTINGS.items():
            note(f"{way}, seed {seed}")
            chosen = Recipe.load(recipe, epochs=epochs, seed=seed, **settings)
            run_dir = Path(output) / f"{way.replace(': ', '_').replace(' ', '_')}_{seed}"
            files[way, seed] = fit_tuned(make_model, dataset, run_dir, chosen).model_path
    rows = []
    for (way, seed), result in zip(files, evaluate_files(files.values(), dataset)["results"], strict=True):
        rare = statistics.mean(each["accuracy"] for each in result["per_class"][-RARE:])
        rows.append({"way": way, "seed": seed, "n": result["n"], "top1": result["top1"], "rare_top1": rare})
    counts = np.bincount(dataset.train.labels).tolist()
    write_results("imbalance", {"model": name, "epochs": epochs, "train": counts, "rare": RARE, "rows": rows})


if __name__ == "__main__":
    run(main)
