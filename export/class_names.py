"""What the classes that a model file tells apart are called, and where that is known from."""

import dataclasses
from pathlib import Path

from ..common.errors import EdgezooError
from ..inspection.embedded_labels import embedded_labels
from ..inspection.files import KERAS, kind_of
from ..train.run_folder import record_beside
from .bundle import LABELS, is_of_bundle, read_manifest
from .labels import read_labels


@dataclasses.dataclass(frozen=True)
class ClassNames:
    """Names of classes.

    Attributes:
        names: in the order of the outputs.
        known_by: what tells them: ``"run.json"``, ``"labels.txt"`` or ``"metadata"``.
    """

    names: tuple[str, ...]
    known_by: str


def known_class_names(path, classes=None):
    """The names of a model file's classes, or ``None`` where nothing tells them.

    Asked are, in this order: ``run.json`` beside a ``.keras`` file, if it is that run's model; ``labels.txt`` of the
    bundle that it lies in, if it is one of its files or the model that those were made from; the label file inside a
    ``.tflite`` file (``embedded_labels``); any other ``labels.txt`` beside it.

    Args:
        path: ``.keras`` or ``.tflite`` file.
        classes: how many there are, if that is known; lists of any other length are passed over.
    """
    of_kind = (_of_run, _of_bundle) if kind_of(path) == KERAS else (_of_bundle, _embedded)
    for source in (*of_kind, _beside):
        found = source(Path(path))
        if found and classes in (None, len(found.names)):
            return found
    return None


def _of_run(path):
    dataset = (record_beside(path) or {}).get("dataset")
    return _checked(dataset.get("class_names") if isinstance(dataset, dict) else None, "run.json")


def _of_bundle(path):
    return _checked(path.with_name(LABELS), LABELS) if is_of_bundle(path) else None


def _embedded(path):
    return _checked(embedded_labels(path), "metadata")


def _beside(path):
    # In a bundle it is about the files of that bundle.
    return _checked(path.with_name(LABELS), LABELS) if read_manifest(path.parent) is None else None


def _checked(labels, known_by):
    """``ClassNames`` of texts or of a text file; ``None`` of what is neither, and so is there by chance."""
    if not isinstance(labels, (list, Path)):
        return None
    try:
        return ClassNames(tuple(read_labels(list(map(str, labels)) if isinstance(labels, list) else labels)), known_by)
    except EdgezooError:
        return None
