"""Photographs: what a start from ImageNet is worth, and one command against a plain script.

    python benchmarks/finetuning.py WEIGHTS.h5 FOLDER…       # nothing else should run meanwhile; hours on two cores
    python benchmarks/finetuning.py WEIGHTS.h5 FOLDER --input-size 128

``WEIGHTS.h5`` are ImageNet's of MobileNet 0.25, as Keras publishes them; each ``FOLDER`` has photographs, as ``--data``
takes them. They are brought to one size and split once, so that all see the same files. Every training is a process
of its own, timed with its export; what is finished is kept, so the script can be stopped at any time. Two cores train
half as much again in an hour as one core each (``taskset -c 0 … FOLDER --train-only`` beside ``taskset -c 1 …``).
Writes ``results/finetuning/FOLDER_SIZE.json``: a row for each way and seed. Ways that ``--skip`` leaves out keep the
rows that they have there, of the same photographs and weights.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
from devices import median_latencies
from documents import results, write_results
from PIL import Image
from script import run

from edgezoo.common.environment import environment
from edgezoo.common.files import sha256, write_json
from edgezoo.common.progress import note
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.export import TARGETS
from edgezoo.export.targets.checking import ACCELERATOR

BACKBONE, OWN = "mobilenet_025", "global_l"
#: Way → the options of ``edgezoo train`` after the data. Without a start, a training gets twice the time.
WAYS = {
    (TUNED := "fine-tuned"): (BACKBONE, "--weights", "imagenet"),
    (CORRECTED := f"{TUNED}, biases corrected"): None,  # the same network, exported once more
    (TAUGHT := "taught by those fine-tuned, biases corrected"): (BACKBONE, "--weights", "imagenet"),
    (PLAIN := "plain script"): None,
    "from scratch": (BACKBONE, "--epochs", "50"),
    "own, from scratch": (OWN, "--epochs", "50"),
    "own, from CIFAR-10": (OWN, "--weights", "cifar10"),
}
#: Trainings of those ways whose difference is asked for, each with a seed of its own; all others are trained once.
TRAININGS = {TUNED: 3, CORRECTED: 3, PLAIN: 3}
#: Where operators run.
PLACES = ("coral", "ethos-u55-128")


def prepared(source, side, folder):
    """The folder with the splits of a data set as square files of ``side`` pixels, which is made if it is not there."""
    if not folder.exists():
        making = folder.with_name(f"{folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        dataset = load_dataset(source)
        for name, split in dataset.splits.items():
            for class_name in dataset.class_names:
                (making / name / class_name).mkdir(parents=True)
            number = 0
            for images, labels in split.at((side, side, 3)).batches(256):
                for image, label in zip(images, labels, strict=True):
                    Image.fromarray(image).save(making / name / dataset.class_names[label] / f"{number:05}.png")
                    number += 1
        making.rename(folder)
    return folder


def produced(way, seed, weights, data, side, place, extra):
    """Makes ``model.keras`` and ``model_int8.tflite`` if they are not there; ``(folder, cores and seconds taken)``.

    Those of ``CORRECTED`` are of the training and of both exports, those of ``TAUGHT`` of its teachers, too.
    """
    folder = (place / f"{way.replace(', ', ' ').replace(' ', '_')}_{seed}").resolve()
    record = folder / "spent.json"
    if not record.exists():
        shutil.rmtree(folder, ignore_errors=True)  # the time of one that was stopped would be that of a part
        folder.mkdir(parents=True)
        seeds = {CORRECTED: [seed], TAUGHT: range(TRAININGS[TUNED])}.get(way, ())
        tuned = [produced(TUNED, each, weights, data, side, place, extra) for each in seeds]
        before, start = sum(spent["seconds"] for _, spent in tuned), time.perf_counter()
        if way == CORRECTED:
            shutil.copy(tuned[0][0] / "model.keras", folder)
            _export(folder, data, "--correct-bias")
        elif way == PLAIN:
            script = Path(__file__).with_name("plain_finetuning.py")
            epochs = ("--epochs", *extra[1:] * 2) if extra else ()
            _call(folder, script, data, weights, folder, "--seed", seed, "--size", side, *epochs)
        else:
            options = [weights if option == "imagenet" else option for option in WAYS[way]]
            for teacher, _ in tuned:
                options += ["--teacher", teacher / "model.keras"]
            trained = ("-m", "edgezoo", "train", *options, "--data", data, "-o", folder / "run")
            _call(folder, *trained, "--input-size", side, "--recipe", "finetune", "--seed", seed, *extra)
            shutil.copy(folder / "run" / "model.keras", folder / "model.keras")
            _export(folder, data, *(("--correct-bias",) if way == TAUGHT else ()))
        spent = {"cores": len(os.sched_getaffinity(0)), "seconds": round(before + time.perf_counter() - start, 1)}
        write_json(record, spent)
    return folder, json.loads(record.read_text(encoding="utf-8"))


def _export(folder, data, *options):
    _call(folder, "-m", "edgezoo", "export", folder / "model.keras", "-o", folder, "--data", data, *options)


def _call(folder, *words):
    with (folder / "log").open("ab") as log:
        subprocess.run([sys.executable, *map(str, words)], check=True, stdout=log, stderr=log)


def rows_of(dataset, made):
    """A row for each ``(way, seed, folder, spent)``, all measured in one run on the same test images."""
    files = [str(folder / name) for _, _, folder, _ in made for name in ("model.keras", "model_int8.tflite")]
    found = {result["file"]: result for result in evaluate_files(files, dataset)["results"]}
    times, time_of_all = median_latencies(files[1::2]), environment()["time"]
    rows = []
    for (way, seed, _, spent), keras, int8 in zip(made, files[::2], files[1::2], strict=True):
        checks = {place: TARGETS[place].check(int8) for place in PLACES}
        rows.append({
            "way": way,
            "seed": seed,
            **spent,
            "n": found[int8]["n"],
            **{key: found[int8][key] for key in ("sha256", "size_bytes", "top1", "top1_ci95")},
            "float_top1": found[keras]["top1"],
            "float_top1_ci95": found[keras]["top1_ci95"],
            "p50_ms": times[int8],
            "measured": time_of_all,
            "places": {
                place: {
                    "refused": check.refused,
                    "accelerated": check.counts[ACCELERATOR],
                    "operators": len(check.operators),
                    "cycles": check.figures.get("cycles"),
                }
                for place, check in checks.items()
            },
        })  # fmt: skip
    return rows


def kept(name, ways, facts):
    """The rows that the results file of a data set has of some ways; none where it has other ``facts``."""
    try:
        document = results(f"finetuning/{name}")
    except FileNotFoundError:
        return []
    same = all(document[key] == value for key, value in facts.items())
    return [row for row in document["rows"] if same and row["way"] in ways]


@click.command()
@click.argument("weights", type=click.Path(exists=True, dir_okay=False))
@click.argument("sources", metavar="FOLDER…", nargs=-1, required=True)
@click.option("--input-size", "side", type=click.IntRange(32), default=96, show_default=True, help="Side in pixels.")
@click.option("--output", default="build/finetuning", show_default=True, help="Folder of the trainings.")
@click.option("--epochs", type=int, help="Of all trainings, to try the script; writes no results file.")
@click.option(
    "--skip", type=click.Choice(list(WAYS)), multiple=True, help="A way to leave out as it is; may be repeated."
)
@click.option("--train-only", is_flag=True, help="Train and export, and measure nothing.")
def main(weights, sources, side, output, epochs, skip, train_only):
    """Train in every way with every seed, and measure the files."""
    extra = ("--epochs", epochs) if epochs else ()
    for source in sources:
        name = f"{Path(source).name}_{side}"
        place = Path(output) / name
        place.mkdir(parents=True, exist_ok=True)
        data, made = prepared(source, side, place / "data").resolve(), []
        for way in WAYS:
            for seed in range(0 if way in skip else TRAININGS.get(way, 1)):
                note(f"{name}: {way}, seed {seed}")
                made.append((way, seed, *produced(way, seed, Path(weights).resolve(), data, side, place, extra)))
        if train_only:
            continue
        dataset = load_dataset(data)
        rows = rows_of(dataset, made)
        for row in rows:
            top1 = f"int8 {row['top1']:.4f}, {row['seconds']:.0f} s"
            print(f"{name}, {row['way']}, seed {row['seed']}: {top1}", flush=True)
        if not epochs:
            facts = {
                "data": Path(source).name,
                "side": side,
                "images": {split: len(images) for split, images in dataset.splits.items()},
                "weights_sha256": sha256(weights),
            }
            rows = sorted(rows + kept(name, skip, facts), key=lambda row: (list(WAYS).index(row["way"]), row["seed"]))
            write_results(f"finetuning/{name}", {**facts, "rows": rows})


if __name__ == "__main__":
    run(main)
