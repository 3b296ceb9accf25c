"""Reading files of Keras models, ours and strangers', and writing ``.keras`` files."""

import json
import os
import re
import warnings

from ..common.errors import EdgezooError, is_lack_of_memory
from ..common.files import output_file, replacing
from ..common.quiet import import_keras
from ..common.text import one_line
from .custom import custom_objects
from .finite import require_finite_settings, require_finite_weights
from .legacy.source import HDF5, HOLDS_CODE, SAVED_MODEL, parsed, read_source, refuse_code


def load_model(path):
    """Loads a Keras model's file without running anything that is stored in it (``safe_mode``, no pickle).

    A network of Keras 2 becomes one of Keras 3, layer by layer, with the names and weights that it has. A SavedModel
    executes its graph when it is loaded, in a child process; load only what comes from people you trust.

    Args:
        path: file written by ``model.save``: ``.keras`` of Keras 3, or of Keras 2 from 2.12 on; ``.h5`` or ``.hdf5`` of
            either; a SavedModel's folder, of Keras 2.

    Returns:
        The ``keras.Model``, uncompiled.

    Raises:
        EdgezooError: the file is missing, empty, of another format, damaged, holds code or classes that are not known
            here (see ``use_custom``), weights that are no finite numbers or not those of its layers, or takes more
            memory than is free.
    """
    source = read_source(path)
    import_keras()
    from . import layers  # noqa: F401  (registers our layers with Keras)

    custom = custom_objects(source.config)
    try:
        with warnings.catch_warnings(action="ignore"):  # of what the lines below say better
            model = _loaded(source, custom)
    except Exception as error:  # whatever a damaged or hostile file makes Keras, h5py or json raise
        if is_lack_of_memory(error):
            raise
        written = f" (Keras {source.keras_version})" if source.is_keras_2 and source.keras_version else ""
        raise EdgezooError(f"cannot load {path}{written}: {_gist(error)[:400].rstrip('.')}.") from error
    return model


def _loaded(source, custom):
    if source.format != SAVED_MODEL:
        config = json.loads(source.config)
        if not isinstance(config, dict):
            raise EdgezooError("its configuration describes no network")
        require_finite_settings(config)
    if source.is_keras_2:
        from .legacy.loading import load_keras_2 as load
    elif source.format == HDF5:
        from .hdf5 import load_keras_3_hdf5 as load

        refuse_code(parsed(source.config))  # which here, other than in a .keras file, needs no module to be named
    else:
        from .archive import load_archive as load
    model = load(source, custom)
    require_finite_weights(model)
    return model


def _gist(error):
    """What an error says, in words of ours where they help."""
    gist = one_line(error)
    if isinstance(error, EdgezooError):
        return gist
    if isinstance(error, RecursionError):
        return "its configuration is nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"its configuration is no JSON text ({gist})"
    if isinstance(error, LookupError):
        return f"its configuration or its weights lack what belongs there ({type(error).__name__}: {gist})"
    if "deserialization of a `TFSMLayer`" in gist:
        return "it holds a TFSMLayer, which runs another file, a SavedModel; that is never done"
    if "Requested the loading of a vocabulary file" in gist:
        return "it names a vocabulary outside of the file, which is never read; save the layer with its vocabulary"
    if "Python lambda" in gist or "`Lambda`" in gist or "safe_mode" in gist:
        return HOLDS_CODE
    if unknown := re.search(r"(?:Could not locate \w+|Unknown \w+:) '([^']+)'", gist):
        remedy = "if it is yours, give the file that defines it with --custom FILE.py"
        return f"it uses a class that is not part of Keras or edgezoo, {unknown[1]}; {remedy}"
    around, _, cause = gist.rpartition("Exception encountered: ")  # behind the configurations of all that it is in
    layers = re.findall(r"Error when deserializing class '(\w+)' using config=\{'name': '([^']*)'", around)
    cause = re.sub(r"^<class '[\w.]+'> could not be deserialized properly.*", "its configuration is wrong", cause)
    return f"its layer {layers[-1][1]!r} ({layers[-1][0]}): {cause}" if layers else cause or type(error).__name__


def save_model(model, path):
    """Writes a model to a ``.keras`` file in one step: the file is whole, or what was there before.

    Args:
        model: a ``keras.Model``.
        path: named ``NAME.keras``; its folder is made if it is not there.

    Raises:
        EdgezooError: the file has another suffix.
    """
    with replacing(checked_output(path)) as temporary:
        model.save(temporary)


def checked_output(path):
    """``path`` if a model can be saved there under that name, else an ``EdgezooError``; known before it is built."""
    if not os.fspath(path).endswith(".keras"):
        raise EdgezooError(f"the output must be named NAME.keras, not {path}.")
    output_file(path, "the model")
    return path
