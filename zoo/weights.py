"""Trained weights: which there are for a named model, and how it gets those that ship with edgezoo.

``trained/index.json`` names, for each data set and model, the ``.keras`` file beside it, its sha256, how it was trained
and how accurate it is. ``benchmarks/train_zoo.py`` writes both.
"""

import functools
import importlib.resources
import json
from pathlib import Path

from ..common.errors import EdgezooError, UnknownName
from ..common.files import existing_file, sha256
from .entries import ENTRIES
from .imagenet import IMAGENET, offers_imagenet


@functools.cache
def index():
    """``{dataset: {model: record}}``; see docs/models.md for what a record holds."""
    return json.loads(shipped("index.json").read_text(encoding="utf-8"))


def datasets_with_weights(name):
    """Data sets that a named model has weights for, those that ship and ImageNet, in alphabetic order."""
    published = [IMAGENET] if name in ENTRIES and offers_imagenet(ENTRIES[name].settings) else []
    return sorted(published + [dataset for dataset, models in index().items() if name in models])


def record_of(name, dataset):
    """What the index says of a named model trained on a data set; ``UnknownName`` if no such weights ship."""
    offered = datasets_with_weights(name)
    if dataset not in offered:
        remedy = f"there are weights for {', '.join(offered)}" if offered else f"there are none for {name}"
        raise UnknownName(f"weights of {name}", dataset, offered, f"{remedy}; or give the path of a weights file")
    return index()[dataset][name]


def require_offered(name, weights):
    """Raises an ``EdgezooError`` where ``build`` could not have these weights for a named model."""
    if Path(weights).suffix:  # that of a file's name; a data set's has none
        existing_file(weights)
    elif weights != IMAGENET or IMAGENET not in datasets_with_weights(name):
        record_of(name, weights)


def load_trained(model, name, dataset):
    """Gives ``model`` the weights that its named model has for a data set.

    All layers must be the published ones, but the classifier may be missing, or be one for another number of classes.

    Args:
        model: what the family's builder returned, of any image size that the weights fit.
        name, dataset: see ``record_of``.

    Raises:
        EdgezooError: the file is not the one that was published, or the model's layers are not the published ones.
    """
    from .starting import start_from

    record = record_of(name, dataset)
    path = shipped(record["file"])
    if not path.is_file() or sha256(path) != record["sha256"]:
        raise EdgezooError(f"{path} is damaged or missing (its sha256 is not the published one); reinstall edgezoo.")
    start_from(model, path, dataset)


def shipped(file):
    """Where a file that the index names lies."""
    return importlib.resources.files(__package__) / "trained" / file
