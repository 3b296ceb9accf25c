"""Puts networks that were trained elsewhere among the weights that ship, measured as all others.

    python benchmarks/publish_trained.py FOLDER --data build/cifar10.npz [--official cifar10]

FOLDER has the ``.keras`` files of ``NETWORKS`` and ``search.csv``, a row for each training: its settings, how many
epochs were planned (``of``) and were done. Their accuracies are found out here: on the validation images, on those that
``hold_out.py`` has held out, and on the official test images, or as many of them as ``--official`` has.
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

_BY = (
    "Keras' JAX backend, mixed bfloat16, on one NVIDIA H200, by a program of its own with this recipe's settings; "
    "cutmix in that share of the batches; the averaged weights where they were better on the validation images"
)
#: Of the families that these networks are of.
_COMMIT = "adac43a88ef58c3f816cefb1094ad77ed0c51346"


class Trained(NamedTuple):
    """A network: its ``.keras`` file, without the suffix, and its training's name in ``search.csv``."""

    file: str
    run: str


#: By the name that they have here; what is no model of the zoo is a peer.
NETWORKS = {
    "global_inverted_l": Trained("inverted_232k", "g_d2"),
    "pooled_avg_l": Trained("pooled_225k", "final_250k"),
    "global_inverted_wide_m": Trained("inverted_96k", "final_100k_2"),
    "global_inverted_m": Trained("inverted_92k", "final_100k"),
    "global_inverted_s": Trained("inverted_27k", "g_c2"),
    "pooled_avg_xs": Trained("pooled_7k", "final_10k"),
    "resnet8": Trained("resnet8", "final_r8"),
}


def recipe_of(row):
    """The ``Recipe`` that a row of ``search.csv`` says."""
    same = ("learning_rate", "weight_decay", "label_smoothing", "erase", "cutmix")
    settings = {key: float(row[key]) for key in same}
    settings |= {"epochs": int(row["of"]), "shift": float(row["shift_px"]) / 32, "ema": 0.995}
    return Recipe(batch_size=256, optimizer="muon", flip="horizontal", precision="mixed_bfloat16", **settings)


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
        (validated,) = evaluate_files([contender.keras], dataset, split="validation")["results"]
        run = {"recipe": vars(recipe_of(rows[trained.run])), "results": {"val_accuracy": validated["top1"]}}
        write_json(contender.folder / "run" / "run.json", run)
        publish(
            [contender],
            dataset,
            ZOO_TRAINED if name in ENTRIES else PEERS_TRAINED,
            official,
            commit=_COMMIT,
            training_seconds=None,
            trained={
                "by": _BY,
                "epochs": int(rows[trained.run]["epochs"]),
                "test_images": "the last 10,000 official training images, which no training has seen",
            },
        )


if __name__ == "__main__":
    run(main)
