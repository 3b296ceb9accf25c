"""The named models' figures, kept in ``catalog.json`` so that listing them needs no TensorFlow.

``python -m edgezoo.inspection.catalog`` writes the file anew; a test holds it against the models themselves. Models of
other packages, which the file does not know, are measured when they are listed.
"""

import importlib.resources
import json

from ..zoo.registry import build, entry, list_models
from ..zoo.weights import datasets_with_weights, record_of
from .describing import describe

#: Figures are for Fashion-MNIST's images and 10 classes; every model can be built for others.
INPUT_SHAPE = (28, 28, 1)
CLASSES = 10


def usual_shape(name):
    """(H, W, C) that a named model's figures are for: that of its settings, or, where it has weights of other images
    alone, theirs."""
    if own := entry(name).settings.get("input_shape"):
        return own
    offered = datasets_with_weights(name)
    if not offered or "fashion_mnist" in offered:
        return INPUT_SHAPE
    return tuple(record_of(name, offered[0])["input_shape"])


def catalog(pattern="*"):
    """Figures of the named models that match ``pattern``, in the registry's order.

    Returns:
        List of dicts: ``name``, ``family``, ``summary``, ``params``, ``macs``, ``peak_activation_bytes`` (int8
        deployment), ``input_shape``, ``weights`` (data sets with trained weights on offer).
    """
    text = importlib.resources.files(__package__).joinpath("catalog.json").read_text(encoding="utf-8")
    figures = {row["name"]: row for row in json.loads(text)}
    return [figures.get(name) or measure(name) for name in list_models(pattern)]


def measure(name):
    """One catalog row, measured from the model itself (imports TensorFlow)."""
    shape = usual_shape(name)
    summary = describe(build(name, input_shape=shape, classes=CLASSES))
    found = entry(name)
    return {
        "name": name,
        "family": found.family_name,
        "summary": found.summary,
        "params": summary.params,
        "macs": summary.macs,
        "peak_activation_bytes": summary.peak_activation_bytes,
        "input_shape": list(shape),
        "weights": datasets_with_weights(name),
    }


if __name__ == "__main__":
    from pathlib import Path

    from ..common.files import write_json

    write_json(Path(__file__).with_name("catalog.json"), [measure(name) for name in list_models()])
