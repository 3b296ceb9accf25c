"""``convert``: what ``load_model`` makes of an older file, kept as a ``.keras`` file of Keras 3."""

import os

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import sha256
from .calling import calling
from .legacy.source import SAVED_MODEL, read_source
from .legacy.tf_keras import TfKeras
from .loading import checked_output, load_model, save_model

#: Side of the random images for a network that takes any.
_SIDE = 64
_IMAGES = 4


def convert(old, new):
    """Writes a Keras model's file as a ``.keras`` file of Keras 3, with the same layers, names and weights.

    Args:
        old: whatever ``load_model`` loads.
        new: named ``NAME.keras``.

    Returns:
        The document of ``edgezoo convert --json``: ``file``, ``sha256`` (of the new file), ``source``,
        ``source_format``, ``keras_version`` (that wrote it), ``layers``, ``params``, and ``largest_difference`` between
        the outputs of the old and of the new file on seeded random images, ``None`` where the old one cannot be run
        here (without tf-keras, or with layers of the user's own), takes several inputs, or gives no finite numbers.

    Raises:
        EdgezooError: the file cannot be loaded, or ``new`` cannot be written.
    """
    checked_output(new)
    source = read_source(old)
    model = load_model(old)
    inputs = _random_inputs(model)
    version, before = _version_and_outputs(source, model, inputs)
    save_model(model, new)
    difference = None if before is None else float(np.max(np.abs(_outputs(load_model(new), inputs, new) - before)))
    return {
        "file": os.fspath(new),
        "sha256": sha256(new),
        "source": os.fspath(old),
        "source_format": source.format,
        "keras_version": version,
        "layers": len(model.layers),
        "params": model.count_params(),
        "largest_difference": difference if difference is not None and np.isfinite(difference) else None,
    }


def _random_inputs(model):
    """Pixels from 0 to 255, float32 or whole numbers; ``None`` for a model of other inputs than one of numbers."""
    if len(model.inputs) != 1 or model.inputs[0].dtype == "string":
        return None
    (tensor,) = model.inputs
    batch, *sides = tensor.shape
    shape = (batch or _IMAGES, *(_SIDE if side is None else side for side in sides))
    return np.random.default_rng(0).integers(0, 256, shape).astype(tensor.dtype)


def _version_and_outputs(source, model, inputs):
    """Version of Keras that wrote the old file, and its outputs; ``None`` for what cannot be had."""
    from .building import bytes_of

    version = source.keras_version
    if not source.is_keras_2:
        return version, _outputs(model, inputs, source.path)
    try:
        with TfKeras(source.path) as old:
            if source.format == SAVED_MODEL:
                version = old.facts()["keras_version"]
            old.load(bytes_of(model.variables))
            return version, None if inputs is None else old.predict(inputs)
    except EdgezooError:
        return version, None


def _outputs(model, inputs, path):
    """Outputs of a model as [n, values]; ``None`` without inputs."""
    from keras import tree

    if inputs is None:
        return None
    with calling(path):
        flat = [np.asarray(each).reshape(len(inputs), -1) for each in tree.flatten(model(inputs, training=False))]
        return np.concatenate(flat, axis=1)
