"""Trained weights that ship with edgezoo: which there are, and how a model gets them.

``trained/index.json`` names, for each data set and model, the ``.keras`` file beside it, its sha256, how it was trained
and how accurate it is. ``benchmarks/train_zoo.py`` writes both.
"""

import functools
import importlib.resources
import json

from ..common.errors import EdgezooError, UnknownName
from ..common.files import sha256


@functools.cache
def index():
    """``{dataset: {model: record}}``; see docs/models.md for what a record holds."""
    return json.loads(shipped("index.json").read_text(encoding="utf-8"))


def datasets_with_weights(name):
    """Data sets that the named model has weights for, in alphabetic order."""
    return sorted(dataset for dataset, models in index().items() if name in models)


def record_of(name, dataset):
    """What the index says of a named model trained on a data set; ``UnknownName`` if there are no such weights."""
    offered = datasets_with_weights(name)
    if dataset not in offered:
        remedy = f"there are weights for {', '.join(offered)}" if offered else f"there are none for {name}"
        raise UnknownName(f"weights of {name}", dataset, offered, f"{remedy}; or give the path of a weights file")
    return index()[dataset][name]


def load_trained(model, name, dataset):
    """Gives ``model`` the weights that its named model has for a data set.

    All layers must be the published ones, but the classifier may be missing, or be one for another number of classes,
    which then keeps its random weights: the start of a transfer to other images.

    Args:
        model: what the family's builder returned, of any image size that the weights fit.
        name, dataset: see ``record_of``.

    Raises:
        EdgezooError: the file is not the one that was published, or the model's layers are not the published ones.
    """
    from .loading import load_model

    record = record_of(name, dataset)
    path = shipped(record["file"])
    if not path.is_file() or sha256(path) != record["sha256"]:
        raise EdgezooError(f"{path} is damaged or missing (its sha256 is not the published one); reinstall edgezoo.")
    source = {layer.name: layer for layer in load_model(path).layers}
    pairs = [(layer, source.get(layer.name)) for layer in model.layers if layer.weights]
    for layer, trained in pairs:
        shapes = [[weight.shape for weight in each.weights] if each else None for each in (layer, trained)]
        if shapes[0] == shapes[1]:
            layer.set_weights(trained.get_weights())
        elif not layer.name.endswith("predictions"):
            raise EdgezooError(
                f"the {dataset} weights of {name} do not fit its layer {layer.name}; "
                "build it with the named size's own settings, image size and channels."
            )


def shipped(file):
    """Where a file that the index names lies."""
    return importlib.resources.files(__package__) / "trained" / file
