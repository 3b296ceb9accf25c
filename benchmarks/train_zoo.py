"""Trains the weights that ship with edgezoo, and writes their index.

    python benchmarks/train_zoo.py                      # all of them; hours on two cores
    python benchmarks/train_zoo.py strided_s --seeds 1

Interrupted, the same command goes on. Each training is a process of its own with one thread, as many side by side as
there are cores (side_by_side.py says why). Of several seeds the one with the best validation accuracy is published; the
test images are read once, when all trainings are done.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
from contenders import Contender, produce
from script import run
from side_by_side import run_side_by_side

from edgezoo.common.environment import cores
from edgezoo.common.errors import UnknownName
from edgezoo.common.files import copy, sha256, write_json
from edgezoo.common.progress import note
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.train import Recipe
from edgezoo.zoo import build

ROOT = Path(__file__).resolve().parents[1]
TRAINED = ROOT / "zoo" / "trained"
INDEX = TRAINED / "index.json"


class Planned(NamedTuple):
    """How a model gets its weights: a recipe, that of a tuning behind it (see ``produce``), and how many seeds."""

    recipe: str
    seeds: int = 1
    tuning: str | None = None


_DEFAULT, _LIGHT, _LONG, _MIXUP = (f"fashion_mnist{end}" for end in ("", "_light", "_long", "_mixup"))

#: Which models have weights for which data set, the longest trainings first.
PLAN = {
    "fashion_mnist": {
        "pooled_avg_l": Planned(_MIXUP),
        "pooled_avg_m": Planned(_LONG),
        "global_m": Planned("fashion_mnist_multiscale", tuning="fashion_mnist_multiscale_tuning"),
        "strided_m": Planned(_DEFAULT),
        "pooled_min_m": Planned(_DEFAULT),
        "pooled_avg_s": Planned(_DEFAULT),
        "pooled_s": Planned(_DEFAULT),
        "global_s": Planned(_DEFAULT),
        "strided_s": Planned(_DEFAULT, seeds=3),
        "strided_lite": Planned(_DEFAULT, seeds=3),
        "pooled_xs": Planned(_LIGHT, seeds=3),
        "global_xs": Planned(_LIGHT, seeds=3),
        "strided_xs": Planned(_LIGHT, seeds=3),
        "feedforward_m": Planned("fashion_mnist_dense", seeds=3),
        "feedforward_s": Planned(_LIGHT, seeds=3),
    },
    "digits": {
        "strided_xs": Planned("digits"),
        "global_xs": Planned("digits"),
    },
}


def contender(output, data, name, seed, recipe, side):
    """Where the files of one training lie; ``side`` is that of the data set's images in pixels."""
    return Contender(Path(output) / data / name / f"seed{seed}", name, side if recipe.resize else None)


def train(one, name, dataset, recipe, tuning=None):
    """Trains and exports one model with one seed; ``recipe`` and ``tuning`` as for ``produce``."""
    shape = dataset.input_shape
    if recipe.resize:
        shape = (None, None, shape[2])
    produce(one, lambda: build(name, input_shape=shape, classes=len(dataset.class_names)), dataset, recipe, tuning)


def publish(seeds, name, dataset):
    """Copies the best seed's model to the package and returns its record for the index.

    Args:
        seeds: ``{seed: Contender}`` of finished trainings.
        name: of the model.
        dataset: ``Dataset``; its test images are evaluated here.
    """
    best = max(seeds, key=lambda seed: seeds[seed].val_accuracy)
    paths = [path for each in seeds.values() for path in (each.keras, each.exported("int8"))]
    results = {result["file"]: result for result in evaluate_files(paths, dataset)["results"]}

    def accuracy(path_of):
        of_best = results[str(path_of(seeds[best]))]
        return {
            **{key: of_best[key] for key in ("sha256", "size_bytes", "top1", "top1_ci95")},
            "top1_by_seed": {seed: results[str(path_of(each))]["top1"] for seed, each in seeds.items()},
        }

    file = f"{dataset.name}/{name}.keras"
    copy(seeds[best].keras, TRAINED / file)
    training, *tuning = seeds[best].runs
    return {
        "file": file,
        "sha256": sha256(TRAINED / file),
        "input_shape": list(dataset.input_shape),
        "classes": len(dataset.class_names),
        "recipe": training["recipe"],
        "tuning": tuning[0]["recipe"] if tuning else None,
        "seed": best,
        "commit": subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip(),
        "architecture_sha256": training["model"]["architecture_sha256"],
        "training_seconds": round(seeds[best].training_seconds),
        "validation_top1": seeds[best].val_accuracy,
        "test_images": len(dataset.test),
        "float": accuracy(lambda each: each.keras),
        "int8": accuracy(lambda each: each.exported("int8")),
    }


@click.command()
@click.argument("names", nargs=-1)
@click.option("--data", default="fashion_mnist", show_default=True, type=click.Choice(list(PLAN)))
@click.option("--seeds", type=click.IntRange(1), help="Trainings of each model (default: as planned).")
@click.option("--output", default="build/zoo", show_default=True, help="Folder of the trainings.")
@click.option("--jobs", type=click.IntRange(1), default=cores(), show_default=True, help="Trainings side by side.")
@click.option("--one", type=int, hidden=True, help="Train NAME with this seed only, in this process.")
def main(names, data, seeds, output, jobs, one):
    """Train the named models, or all, and publish their weights."""
    plan = PLAN[data]
    for name in names:
        if name not in plan:
            raise UnknownName("model of the plan", name, plan)
    dataset = load_dataset(data)
    files = {}
    for name, planned in plan.items():
        for seed in range(seeds or planned.seeds) if name in (names or plan) else ():
            settings = Recipe.load(planned.recipe, seed=seed)
            files[name, seed] = contender(output, data, name, seed, settings, dataset.input_shape[0])
    if one is not None:
        (name,) = names
        recipe, _, tuning = plan[name]
        tuning = tuning and Recipe.load(tuning, seed=one)
        return train(files[name, one], name, dataset, Recipe.load(recipe, seed=one), tuning)

    script = [sys.executable, __file__, "--data", data, "--output", output]
    run_side_by_side(
        [
            (
                f"{name} seed {seed}",
                [*script, name, "--seeds", str(seed + 1), "--one", str(seed)],
                each.folder / "log.txt",
            )
            for (name, seed), each in files.items()
            if not each.finished
        ],
        jobs,
    )
    for name in dict.fromkeys(name for name, _ in files):
        record = publish({seed: each for (owner, seed), each in files.items() if owner == name}, name, dataset)
        document = json.loads(INDEX.read_text(encoding="utf-8"))
        document.setdefault(data, {})[name] = record
        write_json(INDEX, document)
        note(f"{name}: float {record['float']['top1']:.4f}, int8 {record['int8']['top1']:.4f}")


if __name__ == "__main__":
    run(main)
