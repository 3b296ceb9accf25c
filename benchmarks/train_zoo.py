"""Trains the weights that ship with edgezoo, and writes their index.

    python benchmarks/train_zoo.py                      # all of them; hours on two cores
    python benchmarks/train_zoo.py strided_s --seeds 1
    python benchmarks/train_zoo.py --data build/cifar10.npz --official cifar10 global_l  # see hold_out.py

Interrupted, the same command goes on. Each training is a process of its own with one thread, as many side by side as
there are cores (side_by_side.py says why). Of several seeds the one with the best validation accuracy is published. An
ensemble is joined from trainings of other models of the plan. The test images are read when all trainings are done.
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
        recipe, tuning: names of the recipes of its training and of a tuning behind it (see ``produce``); of an
            ensemble, which is not trained, none.
        seeds: number of trainings.
        settings: of the recipe, that are others for this model.
    """

    recipe: str | None
    seeds: int = 3
    tuning: str | None = None
    settings: dict | None = None

    def recipes(self, seed):
        """The ``Recipe`` of its training, and that of its tuning or ``None``."""
        training = Recipe.load(self.recipe, seed=seed, **(self.settings or {}))
        return training, self.tuning and Recipe.load(self.tuning, seed=seed)


_DEFAULT, _LIGHT, _LONG = "fashion_mnist", "fashion_mnist_light", "fashion_mnist_long"
_PLAIN, _LARGE = {"epochs": 160, "weight_decay": 0.02}, {"erase": 0.25, "cutmix": 0.3}

#: Which models have weights for which data set, the longest trainings first.
PLAN = {
    "fashion_mnist": {
        "ensemble_l": Planned(None),
        "pooled_avg_l": Planned(_LONG),
        "pooled_avg_m": Planned(_LONG),
        "global_m": Planned("fashion_mnist_multiscale", seeds=1, tuning="fashion_mnist_multiscale_tuning"),
        "strided_m": Planned(_DEFAULT, seeds=1),
        "pooled_blur_m": Planned(_DEFAULT),
        "pooled_min_m": Planned(_DEFAULT, seeds=1),
        "pooled_avg_s": Planned(_DEFAULT),
        "pooled_s": Planned(_DEFAULT),
        "global_s": Planned(_DEFAULT),
        "strided_s": Planned(_DEFAULT),
        "strided_lite": Planned(_DEFAULT),
        "pooled_xs": Planned(_LIGHT),
        "global_xs": Planned(_LIGHT),
        "strided_xs": Planned(_LIGHT),
        "feedforward_m": Planned("fashion_mnist_dense"),
        "feedforward_s": Planned(_LIGHT),
    },
    "cifar10": {
        "global_inverted_l": Planned("cifar10", seeds=1, settings=_LARGE),
        "pooled_avg_l": Planned("cifar10", seeds=1, settings=_PLAIN | _LARGE),
        "global_inverted_wide_m": Planned("cifar10", seeds=1),
        "global_inverted_m": Planned("cifar10", seeds=1),
        "global_l": Planned("cifar10", seeds=1, settings=_PLAIN | {"weight_decay": 0.05}),
        "global_inverted_s": Planned("cifar10", seeds=1),
        "pooled_avg_xs": Planned("cifar10_light", seeds=1),
    },
    "digits": {
        "strided_xs": Planned("digits", seeds=1),
        "global_xs": Planned("digits", seeds=1),
    },
}


def contender(output, data, name, seed, side):
    """Where the files of one network lie; ``side`` is that of the data set's images in pixels.

    The members of an ensemble are trainings of its members' names: seed 0, and seed 1 where a name comes again.
    """
    recipe, members = PLAN[data][name].recipe, entry(name).settings.get("members", ())
    return Contender(
        Path(output) / data / name / f"seed{seed}",
        name,
        seed,
        side if recipe and Recipe.load(recipe).resize else None,
        tuple(
            contender(output, data, member, members[:number].count(member), side)
            for number, member in enumerate(members)
        ),
    )


def network(name, dataset, recipe):
    """The untrained model for a data set, for images of any size if the recipe resizes them."""
    shape = dataset.input_shape
    if recipe.resize:
        shape = (None, None, shape[2])
    return build(name, input_shape=shape, classes=len(dataset.class_names))


def train(one, dataset, recipe, tuning=None):
    """Trains and exports one model; ``recipe`` and ``tuning`` as for ``produce``."""
    produce(one, lambda: network(one.name, dataset, recipe), dataset, recipe, tuning)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--data", default="fashion_mnist", show_default=True, help="A data set of the plan, by name or file.")
@click.option("--official", help="The data set with the official test images, where --data is tested on other ones.")
@click.option("--seeds", type=click.IntRange(1), help="Trainings of each model (default: as planned).")
@click.option("--output", default="build/zoo", show_default=True, help="Folder of the trainings.")
@click.option("--jobs", type=click.IntRange(1), default=cores(), show_default=True, help="Trainings side by side.")
@click.option("--one", type=int, hidden=True, help="Train NAME with this seed only, in this process.")
def main(names, data, official, seeds, output, jobs, one):
    """Train the named models, or all, and publish their weights."""
    dataset, official = load_dataset(data), official and load_dataset(official)
    if dataset.name not in PLAN:
        raise UnknownName("data set of the plan", dataset.name, PLAN)
    plan = PLAN[dataset.name]
    for name in names:
        if name not in plan:
            raise UnknownName("model of the plan", name, plan)
    files = {
        name: [
            contender(output, dataset.name, name, seed, dataset.input_shape[0])
            for seed in range((seeds or planned.seeds) if planned.recipe else 1)
        ]
        for name, planned in plan.items()
        if name in (names or plan)
    }
    if one is not None:
        (name,) = names
        return train(files[name][one], dataset, *plan[name].recipes(one))

    script = [sys.executable, __file__, "--data", data, "--output", output]
    trainings = [training for found in files.values() for each in found for training in each.members or [each]]
    run_side_by_side(
        [
            (
                f"{each.name} seed {each.seed}",
                [*script, each.name, "--seeds", str(each.seed + 1), "--one", str(each.seed)],
                each.folder / "log.txt",
            )
            for each in dict.fromkeys(trainings)
            if not each.finished
        ],
        jobs,
    )
    for found in files.values():
        for each in found:
            if each.members:
                join(each, dataset)
        publish(found, dataset, ZOO_TRAINED, official)


if __name__ == "__main__":
    run(main)
