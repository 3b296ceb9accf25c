"""Trains the weights that ship with edgezoo, and writes their index.

    python benchmarks/train_zoo.py                      # all of them; hours on two cores
    python benchmarks/train_zoo.py strided_s --seeds 1

Interrupted, the same command goes on. Each training is a process of its own with one thread, as many side by side as
there are cores (side_by_side.py says why). A network of several members is joined from as many trainings. Of several
seeds the one with the best validation accuracy is published; the test images are read once, when all trainings are
done.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import click
from contenders import ZOO_TRAINED, Contender, join, produce, publish
from script import run
from side_by_side import run_side_by_side

from edgezoo.common.environment import cores
from edgezoo.common.errors import UnknownName
from edgezoo.datasets import load_dataset
from edgezoo.train import Recipe
from edgezoo.zoo import build
from edgezoo.zoo.registry import entry


class Planned(NamedTuple):
    """How a model gets its weights.

    Attributes:
        recipe, tuning: names of the recipes of its training and of a tuning behind it (see ``produce``).
        seeds: number of trainings.
        validation_fraction: as for ``load_dataset``, share of the training images that it does not see.
    """

    recipe: str
    seeds: int = 1
    tuning: str | None = None
    validation_fraction: float = 0.1


_DEFAULT, _LIGHT, _LONG = "fashion_mnist", "fashion_mnist_light", "fashion_mnist_long"

#: Which models have weights for which data set, the longest trainings first.
PLAN = {
    "fashion_mnist": {
        # Decided on with a tenth held out; what is trained for good sees nearly all images, as published figures do.
        "pooled_avg_l": Planned(_LONG, validation_fraction=0.01),
        "pooled_avg_m": Planned(_LONG),
        "global_m": Planned("fashion_mnist_multiscale", tuning="fashion_mnist_multiscale_tuning"),
        "strided_m": Planned(_DEFAULT),
        "pooled_blur_m": Planned(_DEFAULT),
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


def members_of(name):
    """How many networks a named model is joined from; 1 for one that is trained as a whole."""
    return entry(name).settings.get("members", 1)


def contender(output, data, name, seed, recipe, side):
    """Where the files of one network lie; ``side`` is that of the data set's images in pixels.

    The members of network ``seed`` have seeds of their own, no two the same, and folders beside it.
    """
    folder, n = Path(output) / data / name, members_of(name)
    size = side if recipe.resize else None
    seeds = range(n * seed, n * (seed + 1)) if n > 1 else ()
    return Contender(
        folder / f"seed{seed}", name, size, tuple(Contender(folder / f"member{each}", name, size) for each in seeds)
    )


def network(name, dataset, recipe, **options):
    """The untrained model for a data set, for images of any size if the recipe resizes them."""
    shape = dataset.input_shape
    if recipe.resize:
        shape = (None, None, shape[2])
    return build(name, input_shape=shape, classes=len(dataset.class_names), **options)


def trained_network(name, dataset, recipe):
    """What is trained: the untrained model, or of one with several members a single one."""
    return network(name, dataset, recipe, **({"members": 1} if members_of(name) > 1 else {}))


def train(one, name, dataset, recipe, tuning=None):
    """Trains and exports one model, or one of its members; ``recipe`` and ``tuning`` as for ``produce``."""
    produce(one, lambda: trained_network(name, dataset, recipe), dataset, recipe, tuning)


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
    chosen = [name for name in plan if name in (names or plan)]
    datasets = {name: load_dataset(data, validation_fraction=plan[name].validation_fraction) for name in chosen}
    files, trainings = {}, {}
    for name, dataset in datasets.items():
        planned = plan[name]
        for seed in range(seeds or planned.seeds):
            settings = Recipe.load(planned.recipe, seed=seed)
            files[name, seed] = joint = contender(output, data, name, seed, settings, dataset.input_shape[0])
            first = seed * members_of(name)
            trainings |= {(name, number): each for number, each in enumerate(joint.members or [joint], start=first)}
    if one is not None:
        (name,) = names
        recipe, tuning = (each and Recipe.load(each, seed=one) for each in (plan[name].recipe, plan[name].tuning))
        return train(trainings[name, one], name, datasets[name], recipe, tuning)

    script = [sys.executable, __file__, "--data", data, "--output", output]
    run_side_by_side(
        [
            (
                f"{name} seed {seed}",
                [*script, name, "--seeds", str(seed + 1), "--one", str(seed)],
                each.folder / "log.txt",
            )
            for (name, seed), each in trainings.items()
            if not each.finished
        ],
        jobs,
    )
    for (name, seed), each in files.items():
        if each.members:
            join(each, network(name, datasets[name], Recipe.load(plan[name].recipe)), datasets[name], seed)
    for name, dataset in datasets.items():
        publish({seed: each for (owner, seed), each in files.items() if owner == name}, dataset, ZOO_TRAINED)


if __name__ == "__main__":
    run(main)
