"""One way for all: a network, a recipe and a seed become a trained model, its exported files, and a record of it."""

import csv
import dataclasses
import json
import subprocess
from pathlib import Path

from edgezoo.common.files import copy, replacing, sha256, write_json
from edgezoo.common.progress import note
from edgezoo.common.quiet import import_tensorflow

import_tensorflow()

from edgezoo.evaluate import evaluate_files  # noqa: E402
from edgezoo.export import Calibration, export_model  # noqa: E402
from edgezoo.train import fit_tuned  # noqa: E402
from edgezoo.zoo import join_members, load_model  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
#: Where the trained peers lie, as the zoo's weights do in ``zoo/trained``.
PEERS_TRAINED = ROOT / "benchmarks" / "peers_trained"
ZOO_TRAINED = ROOT / "zoo" / "trained"


@dataclasses.dataclass(frozen=True)
class Contender:
    """The files of one trained network.

    Attributes:
        folder: ``run/``, ``run_tuning/`` if there is one, ``NAME.keras`` and ``bundle/`` lie in it.
        name: of the network.
        seed: of its training, or for an ensemble, of its calibration alone.
        input_size: side in pixels that a network for images of any size is exported at, else ``None``.
        members: of an ensemble, the trained networks that it is joined from.
    """

    folder: Path
    name: str
    seed: int = 0
    input_size: int | None = None
    members: tuple["Contender", ...] = ()

    @property
    def keras(self):
        """The best epoch's model."""
        return self.folder / f"{self.name}.keras"

    @property
    def runs(self):
        """The contents of ``run.json`` of the training or joining and of the tuning behind it, as far as they began."""
        paths = [folder / "run.json" for folder in self._run_folders]
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]

    @property
    def val_accuracy(self):
        """Top-1 of the finished network on the validation images."""
        return self.runs[-1]["results"]["val_accuracy"]

    @property
    def _run_folders(self):
        return self.folder / "run", self.folder / "run_tuning"

    def exported(self, scheme):
        """The ``.tflite`` file of a scheme."""
        suffix = f"_{self.input_size}" if self.input_size else ""
        return self.folder / "bundle" / f"{self.name}_{scheme}{suffix}.tflite"

    @property
    def finished(self):
        """Whether all files are there."""
        return all(path.exists() for path in (self.keras, self.exported("float32"), self.exported("int8")))

    @property
    def epochs(self):
        """The rows of ``history.csv``, a dict of texts each."""
        histories = [folder / "history.csv" for folder in self._run_folders]
        texts = [path.read_text("utf-8") for path in histories if path.exists()]
        return [row for text in texts for row in csv.DictReader(text.splitlines())]

    @property
    def training_seconds(self):
        """Of all epochs together, validation not included, and of all members."""
        own = sum(float(row["seconds"]) for row in self.epochs)
        return own + sum(member.training_seconds for member in self.members)

    @property
    def train_accuracy(self):
        """Top-1 in the last epoch, on the augmented training images."""
        return float(self.epochs[-1]["accuracy"])


def produce(contender, make_model, dataset, recipe, tuning=None):
    """Trains and exports; goes on where an earlier call was stopped, and does nothing if all is done.

    Args:
        contender: ``Contender``; says where the files go.
        make_model, dataset, recipe, tuning: as for ``edgezoo.train.fit_tuned``.
    """
    if contender.finished:
        return
    result = fit_tuned(make_model, dataset, contender.folder / "run", recipe, tuning)
    copy(result.model_path, contender.keras)
    export(contender, dataset)


def join(contender, dataset):
    """Joins the trained members, and exports; does nothing if all is done.

    Args:
        contender: ``Contender`` whose members are finished.
        dataset: ``Dataset``.
    """
    if contender.finished:
        return
    network = join_members([load_model(member.keras) for member in contender.members], contender.name)
    contender.folder.mkdir(parents=True, exist_ok=True)
    with replacing(contender.keras) as temporary:
        network.save(temporary)
    (result,) = evaluate_files([contender.keras], dataset, split="validation")["results"]
    run = {
        "members": [
            {"model": member.name, **_recipes(member.runs), "validation_top1": member.val_accuracy}
            for member in contender.members
        ],
        "results": {"val_accuracy": result["top1"], "model_sha256": result["sha256"]},
    }
    write_json(contender.folder / "run" / "run.json", run)
    export(contender, dataset)


def _recipes(runs):
    """The recipes of a training and of the tuning behind it, ``None`` where there is none."""
    recipe, tuning = [run.get("recipe") for run in (*runs, {}, {})][:2]
    return {"recipe": recipe, "tuning": tuning}


def export(contender, dataset):
    """The ``.tflite`` files of a trained network, the int8 one calibrated by its seed."""
    export_model(
        contender.keras,
        contender.folder / "bundle",
        ("float32", "int8"),
        calibration=Calibration.draw(dataset, seed=contender.seed),
        input_sizes=(contender.input_size,) if contender.input_size else (),
    )


def publish(contenders, dataset, folder, official=None, **facts):
    """Copies the best model to a folder and writes what is known of it to ``index.json`` there.

    Args:
        contenders: finished trainings of one network with different seeds.
        dataset: ``Dataset`` that they were trained on; its test images are evaluated here.
        folder: ``DATASET/NAME.keras`` goes there, and ``{DATASET: {NAME: record}}`` into its index.
        official: ``Dataset`` with the official test images, where those of ``dataset`` are other ones.
        **facts: what else the record says, or says instead.

    Returns:
        The record.
    """
    best = max(contenders, key=lambda each: each.val_accuracy)
    paths = [path for each in contenders for path in (each.keras, each.exported("int8"))]
    results = {result["file"]: result for result in evaluate_files(paths, dataset)["results"]}

    def accuracy(path_of):
        of_best = results[str(path_of(best))]
        return {
            **{key: of_best[key] for key in ("sha256", "size_bytes", "top1", "top1_ci95")},
            "top1_by_seed": {each.seed: results[str(path_of(each))]["top1"] for each in contenders},
        }

    if official:
        kinds = {"float": best.keras, "int8": best.exported("int8")}
        tested = evaluate_files(kinds.values(), official)["results"]
        keys = ("n", "top1", "top1_ci95")
        facts["official_test"] = {
            kind: {key: each[key] for key in keys} for kind, each in zip(kinds, tested, strict=True)
        }
    name = best.name
    file = f"{dataset.name}/{name}.keras"
    copy(best.keras, folder / file)
    checksum = sha256(folder / file)
    document = published(folder)
    known = document.setdefault(dataset.name, {})
    record = {
        "file": file,
        "sha256": checksum,
        "input_shape": list(dataset.input_shape),
        "classes": len(dataset.class_names),
        **_recipes(best.runs),
        "members": best.runs[0].get("members"),
        "seed": best.seed,
        # further seeds of a network are no other origin of the file that stays
        "commit": known[name]["commit"] if known.get(name, {}).get("sha256") == checksum else _head(),
        "training_seconds": round(best.training_seconds),
        "validation_top1": best.val_accuracy,
        "images": {split: len(images) for split, images in dataset.splits.items()},
        "float": accuracy(lambda each: each.keras),
        "int8": accuracy(lambda each: each.exported("int8")),
        **facts,
    }
    known[name] = record
    write_json(folder / "index.json", document)
    note(f"{name}: float {record['float']['top1']:.4f}, int8 {record['int8']['top1']:.4f}")
    return record


def _head():
    """The commit that is checked out."""
    return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()


def published(folder):
    """``{dataset: {name: record}}`` of what ``publish`` has put into a folder."""
    path = folder / "index.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
