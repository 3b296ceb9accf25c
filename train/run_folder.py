"""What a run leaves on disk, and whether another call may go on with it."""

import dataclasses
import json
from pathlib import Path

import numpy as np

from ..common.environment import command, environment
from ..common.errors import EdgezooError
from ..common.files import csv_text, output_folder, read_small, replacing, sha256, write_json, write_text
from ..common.fit import Fit
from ..common.gpus import facts
from .recipe import Recipe

#: Fingerprints of the training images, uint64 [n] in ascending order.
TRAINED_ON = "trained_on.npy"
#: Of ``run.json``, which ``run.schema.json`` describes; a record without one is older than the first.
FORMAT_VERSION = 1


class RunFolder:
    """A folder with ``model.keras``, ``history.csv``, ``run.json``, ``curves.png``, ``checkpoint.npz``, ``logs/`` and
    ``trained_on.npy``, which tells whether an image was among the training images (``keep_trained_on``).

    The checkpoint is the truth; everything else is made from it, and made again when a run goes on, so a kill between
    two files does no harm.

    Args:
        path: the folder; it need not exist.

    Attributes:
        path, model, history, record, curves, checkpoint, logs, trained_on: paths.
    """

    def __init__(self, path):
        self.path = Path(path)
        self.model = self.path / "model.keras"
        self.history = self.path / "history.csv"
        self.record = self.path / "run.json"
        self.curves = self.path / "curves.png"
        self.checkpoint = self.path / "checkpoint.npz"
        self.logs = self.path / "logs"
        self.trained_on = self.path / TRAINED_ON

    def open(self, identity, *, resume):
        """The record of the run that is here, or ``None`` for a new one.

        Args:
            identity: JSON-able dict ``{"model": {…}, "dataset": {…}, "recipe": {…}, "teachers": […]}``; what must be
                the same for a run to go on. A run that is older than a setting of the recipe had its default, and one
                that is older than ``fit`` squashed its images.
            resume: whether to go on with a run that is here.

        Raises:
            EdgezooError: the folder cannot be written to, a run is here and ``resume`` is false, or it is another one
                or of a newer format version.
        """
        output_folder(self.path, "the run")
        if not self.record.exists():
            return None
        if not resume:
            raise EdgezooError(f"{self.path} holds a run already; go on with it (--resume) or use another folder.")
        try:
            record = json.loads(read_small(self.record).decode())
            newer = record.get("format_version", FORMAT_VERSION) > FORMAT_VERSION
            record["recipe"] = {**dataclasses.asdict(Recipe()), **record["recipe"]}
            record["dataset"].setdefault("fit", Fit().row())
            given = json.loads(json.dumps(identity))
            teachers = [_named(each.pop("teachers", [])) for each in (dict(record), given)]
            differences = [
                (part, key, record[part].get(key), value)
                for part, values in given.items()
                for key, value in values.items()
                if record[part].get(key) != value
            ]
        except (EdgezooError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise EdgezooError(f"{self.record} is damaged; train into another folder. ({error!r:.300})") from error
        if newer:
            raise EdgezooError(
                f"{self.record} has format version {record['format_version']}, and this edgezoo reads up to "
                f"{FORMAT_VERSION}; update edgezoo, or train into another folder."
            )
        if teachers[0] != teachers[1]:
            raise EdgezooError(
                f"{self.path} was started with {teachers[0]} and now has {teachers[1]}; resume with the same, or train "
                "into another folder."
            )
        for part, key, old, new in differences:
            raise EdgezooError(
                f"{self.path} was started with another {part}: {key} was {_short(old)} and is now {_short(new)}; "
                "resume with the same, or train into another folder."
            )
        for left_behind in self.path.glob(".tmp-*"):
            left_behind.unlink(missing_ok=True)
        return record

    def publish(self, record, checkpoint, artifact):
        """Brings ``model.keras``, ``history.csv`` and ``run.json`` up to a checkpoint.

        Args:
            record: what ``run.json`` shall hold besides the results.
            checkpoint: ``Checkpoint`` with the results.
            artifact: ``keras.Model`` to be saved, if the best epoch is not the one saved already; gets its weights.
        """
        best = checkpoint.best
        results = {"epochs": len(checkpoint.history)}
        if best:
            if best["epoch"] != self._saved_epoch():
                artifact.set_weights(checkpoint.best_weights)
                with replacing(self.model) as temporary:
                    artifact.save(temporary)
            write_text(self.history, csv_text(checkpoint.history))
            results |= {
                "best_epoch": best["epoch"],
                **{key: value for key, value in best.items() if key.startswith("val_") or key == "averages"},
                "model_sha256": sha256(self.model),
            }
        write_json(self.record, {"format_version": FORMAT_VERSION, **record, "results": results})

    def keep_trained_on(self, digests):
        """Keeps the fingerprints of the training images, uint64 [n] as ``Split.digests``: 8 bytes an image."""
        with replacing(self.trained_on) as temporary, open(temporary, "wb") as file:
            np.save(file, np.unique(digests))

    def _saved_epoch(self):
        """The epoch that ``model.keras`` is known to be of, or ``None``."""
        if not (self.model.exists() and self.record.exists()):
            return None
        return json.loads(self.record.read_text(encoding="utf-8"))["results"].get("best_epoch")


def trained_on_beside(model):
    """The path of the fingerprints of the images that a ``.keras`` file was trained on, or ``None``.

    They are known of the model of a run folder, as long as it is the one that the run has saved.
    """
    folder = RunFolder(Path(model).parent)
    return folder.trained_on if folder.trained_on.exists() and record_beside(model) else None


def record_beside(model):
    """What ``run.json`` beside a ``.keras`` file holds, as a dict, or ``None``.

    The file must be the one that the run has saved, whatever it is called now; ``model.keras`` in a record of before
    its checksum was kept.
    """
    folder = RunFolder(Path(model).parent)
    try:
        record = json.loads(read_small(folder.record).decode())
        saved = record.get("results", {}).get("model_sha256")
        is_it = saved == sha256(model) if saved else Path(model).name == folder.model.name
    except (EdgezooError, OSError, ValueError, AttributeError, RecursionError):
        return None
    return record if is_it else None


def fit_beside(model):
    """The ``Fit`` of the images that a ``.keras`` file was trained on, as the run beside it tells, or ``None``."""
    try:
        return Fit.of_row(record_beside(model)["dataset"]["fit"])
    except (ValueError, TypeError, LookupError):  # no run, an older one, or a damaged record
        return None


def provenance():
    """The command that runs, the environment it runs in, and its GPUs."""
    return {"command": command(), "environment": environment(), "gpu": facts()}


def _named(teachers):
    """Teachers by name and the beginning of the checksum."""
    return " and ".join(f"teacher {each['name']} ({each['sha256'][:16]})" for each in teachers) or "no teacher"


def _short(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
