"""Reading files of Keras models, ours and strangers', and writing ``.keras`` files."""

import os
import re

from ..common.errors import EdgezooError
from ..common.files import output_file, replacing
from ..common.quiet import import_keras
from ..common.text import one_line
from .custom import custom_objects
from .legacy.source import HDF5, HOLDS_CODE, parsed, read_source, refuse_code


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
        EdgezooError: the file is missing, empty, of another format, damaged, or holds code or classes that are not
            known here (see ``use_custom``).
    """
    source = read_source(path)
    keras = import_keras()
    from . import layers  # noqa: F401  (registers our layers with Keras)

    custom = custom_objects(source.config)
    try:
        model = _loaded(source, custom, keras)
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged or hostile file makes Keras, h5py or json raise
        written = f" (Keras {source.keras_version})" if source.is_keras_2 and source.keras_version else ""
        raise EdgezooError(f"cannot load {path}{written}: {_gist(error)[:400].rstrip('.')}.") from error
    if not isinstance(model, keras.Model):
        raise EdgezooError(f"cannot load {path}: it holds a {type(model).__name__}, which is no model.")
    return model


def _loaded(source, custom, keras):
    if source.is_keras_2:
        from .legacy.loading import load_keras_2

        return load_keras_2(source, custom)
    if source.format == HDF5:
        refuse_code(parsed(source.config))  # which here, other than in a .keras file, needs no module to be named
    return keras.saving.load_model(os.fspath(source.path), custom, compile=False, safe_mode=True)


def _gist(error):
    """What an error says, in words of ours where they help."""
    gist = one_line(error)
    if isinstance(error, EdgezooError):
        return gist
    if "Lambda" in gist or "safe_mode" in gist:
        return HOLDS_CODE
    if unknown := re.search(r"(?:Could not locate \w+|Unknown \w+:) '([^']+)'", gist):
        remedy = "if it is yours, give the file that defines it with --custom FILE.py"
        return f"it uses a class that is not part of Keras or edgezoo, {unknown[1]}; {remedy}"
    return gist.rpartition("Exception encountered: ")[2]  # behind the configurations of all that it is in


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
