"""What a model's classes are called."""

import json
from pathlib import Path

from ..common.errors import EdgezooError
from ..export.labels import read_labels


def class_names(path, classes, labels=None):
    """Names of the classes that a model file tells apart.

    Args:
        path: the model file.
        classes: how many there are.
        labels: text file with one name a line. ``None`` takes what training or export has left beside the model file:
            ``labels.txt`` of a bundle, or the class names in ``run.json`` of a run.

    Returns:
        List of ``classes`` texts; the numbers where nobody tells the names.

    Raises:
        EdgezooError: ``labels`` is no such file, or has more or fewer lines than there are classes.
    """
    if labels is not None:
        names = read_labels(labels)
        if len(names) != classes:
            raise EdgezooError(f"{labels} has {len(names)} lines, but {path} tells {classes} classes apart.")
        return names
    for found in (_beside, _of_run):
        names = found(Path(path).parent)
        if len(names) == classes:
            return names
    return [f"class {number}" for number in range(classes)]


def _beside(folder):
    try:
        return read_labels(folder / "labels.txt")
    except EdgezooError:
        return []


def _of_run(folder):
    try:
        names = json.loads((folder / "run.json").read_text(encoding="utf-8"))["dataset"]["class_names"]
        return read_labels([str(name) for name in names])
    except (OSError, ValueError, LookupError, TypeError, EdgezooError):
        return []
