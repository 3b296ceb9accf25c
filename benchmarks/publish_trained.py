"""Puts networks that were trained elsewhere among the weights that ship, measured as all others.

    python benchmarks/publish_trained.py FOLDER --data build/cifar10.npz [--official cifar10]

FOLDER has the ``.keras`` files of ``NETWORKS`` and ``search.csv``, a row for each training: its settings, how many
epochs were planned (``of``) and were done. Their accuracies are found out here: on the validation images, on those that
``hold_out.py`` has held out, and on the official test images, or as many of them as ``--official`` has. What ``edgezoo
train`` has made of the first 40,000 images has other ones for validation; its accuracy on these is left out.
"""

import csv
from pathlib import Path
from typing import NamedTuple

import click
from contenders import PEERS_TRAINED, ZOO_TRAINED, Contender, export, publish
from script import run

from edgezoo.common.files import copy, existing_file, write_json
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.train import Recipe
from edgezoo.zoo import build, load_model, save_model
from edgezoo.zoo.entries import ENTRIES

_GPU = (
    "Keras' JAX backend, mixed bfloat16, on one NVIDIA H200, by a program of its own with this recipe's settings; "
    "cutmix in that share of the batches; the averaged weights where they were better on the validation images"
)
#: Of the families that these networks are of.
_COMMIT = "adac43a88ef58c3f816cefb1094ad77ed0c51346"
_CPU = "edgezoo train, on two cores, which took other images for validation"


class Trained(NamedTuple):
    """A network and where it comes from.

    Attributes:
        file: its ``.keras`` file, without the suffix.
        run: its name in ``search.csv``; ``None`` for a training by ``edgezoo train``.
        settings: of the recipe of such a training.
    """

    file: str
    run: str | None
    settings: dict | None = None


#: By the name that they have here; what is no model of the zoo is a peer.
NETWORKS = {
    "global_inverted_l": Trained("inverted_232k", "g_d2"),
    "pooled_avg_l": Trained("pooled_225k", "final_250k"),
    "global_inverted_wide_m": Trained("inverted_96k", "final_100k_2"),
    "global_inverted_m": Trained("inverted_92k", "final_100k"),
    "global_l": Trained("plain_110k", None, {"epochs": 50, "learning_rate": 0.015, "weight_decay": 0.05, "erase": 0.1}),
    "global_inverted_s": Trained("inverted_27k", "g_c2"),
    "pooled_avg_xs": Trained("pooled_7k", "final_10k"),
    "resnet8": Trained("resnet8", "final_r8"),
}
_COMMON = {"batch_size": 256, "optimizer": "muon", "flip": "horizontal"}


def recipe_of(trained, rows):
    """``(Recipe, how it was trained)``; ``rows`` are those of ``search.csv`` by name."""
    if trained.settings:
        return Recipe(**_COMMON, **trained.settings), {"by": _CPU, "epochs": trained.settings["epochs"]}
    row = rows[trained.run]
    same = ("learning_rate", "weight_decay", "label_smoothing", "erase", "cutmix")
    settings = {key: float(row[key]) for key in same}
    settings |= {"epochs": int(row["of"]), "shift": float(row["shift_px"]) / 32, "ema": 0.995}
    return Recipe(**_COMMON, **settings, precision="mixed_bfloat16"), {"by": _GPU, "epochs": int(row["epochs"])}


def own_file(name, source, path):
    """Writes a network of the zoo as ``build`` makes it, with the weights of ``source``; others as they are."""
    if name not in ENTRIES:
        return copy(source, path)
    trained = load_model(source)
    model = build(name, input_shape=trained.input_shape[1:], classes=trained.output_shape[-1])
    model.set_weights(trained.get_weights())
    save_model(model, path)


@click.command()
@click.argument("folder", type=Path)
@click.option("--data", default="build/cifar10.npz", show_default=True, help="What hold_out.py has written.")
@click.option("--official", default="cifar10", show_default=True, help="The data set with the official test images.")
@click.option("--output", default="build/published", show_default=True, help="Folder of the exported files.")
def main(folder, data, official, output):
    """Publish the trained networks in FOLDER."""
    dataset, official = load_dataset(data), load_dataset(official)
    table = existing_file(folder / "search.csv").read_text(encoding="utf-8")
    rows = {row["name"]: row for row in csv.DictReader(table.splitlines())}
    for name, trained in NETWORKS.items():
        contender = Contender(Path(output) / dataset.name / name, name)
        contender.folder.mkdir(parents=True, exist_ok=True)
        if not contender.finished:
            own_file(name, existing_file(folder / f"{trained.file}.keras"), contender.keras)
            export(contender, dataset)
        recipe, origin = recipe_of(trained, rows)
        val_accuracy = None
        if trained.run:
            (validated,) = evaluate_files([contender.keras], dataset, split="validation")["results"]
            val_accuracy = validated["top1"]
        run = {"recipe": vars(recipe), "results": {"val_accuracy": val_accuracy}}
        write_json(contender.folder / "run" / "run.json", run)
        kinds = {"float": contender.keras, "int8": contender.exported("int8")}
        tested = evaluate_files(kinds.values(), official)["results"]
        keys = ("n", "top1", "top1_ci95")
        found = {kind: {key: each[key] for key in keys} for kind, each in zip(kinds, tested, strict=True)}
        publish(
            [contender],
            dataset,
            ZOO_TRAINED if name in ENTRIES else PEERS_TRAINED,
            commit=_COMMIT,
            training_seconds=None,
            trained={**origin, "test_images": "the last 10,000 official training images, which no training has seen"},
            official_test=found,
        )


if __name__ == "__main__":
    run(main)
