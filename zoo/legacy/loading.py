"""From a file of Keras 2 to a network of Keras 3."""

import copy
import tempfile
from pathlib import Path

import keras

from ..building import built, bytes_of
from ..finite import require_finite_settings
from ..stored_weights import fitting_archive, fitting_hdf5, require_stored
from .configs import to_keras_3
from .source import HDF5, SAVED_MODEL, parsed
from .tf_keras import TfKeras
from .weights import has_order_of, load_hdf5


def load_keras_2(source, custom_objects):
    """Builds the network with Keras 3's layers, and gives it the weights by the names or the order of the layers.

    tf-keras is asked where the weights cannot be read without it: those of a SavedModel, and of a ``.keras`` file in
    which Keras 3 would look for them elsewhere.

    Args:
        source: ``Source``.
        custom_objects: names and classes of layers that are not Keras'.

    Returns:
        ``keras.Model``, uncompiled.

    Raises:
        EdgezooError: it cannot; the message is half a sentence that says why.
        Exception: whatever a damaged file makes of it.
    """
    if source.format == SAVED_MODEL:
        with TfKeras(source.path) as old:
            facts = old.facts()
            require_finite_settings(parsed(facts["config"]))
            stored = set(map(tuple, facts["shapes"]))
            model, _ = _built(facts["config"], custom_objects, lambda model: require_stored(model, stored))
            return _with_weights_of(old, model)
    if source.format == HDF5:
        model, _ = _built(source.config, custom_objects, fitting_hdf5(source.path))
        load_hdf5(model, source.path)
        return model
    model, config = _built(source.config, custom_objects, fitting_archive(source.path))
    if has_order_of(model, config):
        try:
            model.load_weights(source.path)
            return model
        except (ValueError, LookupError):
            pass
    with TfKeras(source.path) as old:
        return _with_weights_of(old, model)


def _built(text, custom_objects, *checks):
    entry = to_keras_3(parsed(text), custom_objects)

    def make():  # of a copy, since Keras takes it apart
        return keras.saving.deserialize_keras_object(copy.deepcopy(entry), custom_objects, safe_mode=True)

    return built(make, *checks), entry["config"]


def _with_weights_of(old, model):
    """``model`` with the weights of a ``TfKeras``."""
    old.load(bytes_of(model.variables))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.h5"
        old.save_weights(path)
        load_hdf5(model, path)
    return model
