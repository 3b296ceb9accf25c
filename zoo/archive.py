"""A ``.keras`` file of Keras 3: an archive of which nothing is unpacked but what the network needs.

Keras itself unpacks all that is in it, into a folder that stays behind where that fails.
"""

import contextlib
import json
import tempfile
import zipfile

import keras

from ..common.errors import EdgezooError
from ..common.text import one_line
from .building import built
from .legacy.source import member
from .stored_weights import archived_weights

_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
_ASSETS = "assets/"
_LONGEST_ASSET = 1 << 26


def load_archive(source, custom_objects):
    """The network of a ``.keras`` file, uncompiled.

    Args:
        source: ``Source``.
        custom_objects: names and classes of layers that are not Keras'.

    Raises:
        EdgezooError: it cannot; the message is half a sentence that says why.
        Exception: whatever a damaged file makes of it.
    """
    from keras.src.saving.serialization_lib import ObjectSharingScope

    def make():
        with ObjectSharingScope():
            config = {**json.loads(source.config), "compile_config": None}
            return keras.saving.deserialize_keras_object(config, custom_objects, safe_mode=True)

    weights = []
    with zipfile.ZipFile(source.path) as archive, contextlib.ExitStack() as folders:
        model = built(make, lambda model: weights.append(archived_weights(archive, model)))
        _load(model, weights[-1], _assets_of(archive, model, folders))
    return model


def _load(model, content, assets):
    """Gives a network its weights, and the layers that have such their files."""
    from keras.src.saving import saving_lib

    failed, errors = set(), {}
    store = saving_lib.H5IOStore(content)
    try:
        saving_lib._load_state(model, store, assets, "", False, set(), failed, errors)
    finally:
        store.close()
    for layer, error in errors.values():
        raise EdgezooError(f"its layer {layer.name!r} cannot be given its weights: {_mismatch(error)}") from error


def _mismatch(error):
    """What a layer says of its weights, without the values and advice that Keras adds."""
    if isinstance(error, KeyError):
        return f"{one_line(error)} is missing"
    return one_line(error).partition(" Target variable:")[0]


def _assets_of(archive, model, folders):
    """Vocabularies and the like as Keras' store of files, where a layer has any; else ``None``."""
    has_assets = any(hasattr(layer, "load_assets") for layer in model._flatten_layers())
    for info in archive.infolist():
        if not (info.is_dir() or info.filename in _MEMBERS or (has_assets and info.filename.startswith(_ASSETS))):
            raise EdgezooError(f"it holds {info.filename[:40]!r}, which is no part of its network; save it again")
    if not has_assets:
        return None
    from keras.src.saving import saving_lib

    folder = folders.enter_context(tempfile.TemporaryDirectory())
    for info in archive.infolist():
        if info.filename.startswith(_ASSETS) and not info.is_dir():
            member(archive, info.filename, _LONGEST_ASSET)  # of a size that can be unpacked, and whole
            try:
                archive.extract(info, folder)
            except OSError as error:
                raise EdgezooError(
                    f"its member {info.filename[:40]!r} … cannot be unpacked: {error.strerror}"
                ) from error
    return saving_lib.DiskIOStore(f"{folder}/{_ASSETS.rstrip('/')}", mode="r")
