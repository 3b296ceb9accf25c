"""Reading ``.keras`` files, ours and strangers', and writing them."""

import os
import zipfile

from ..common.errors import EdgezooError
from ..common.files import existing_file, output_file, replacing
from ..common.quiet import import_keras
from ..common.text import one_line


def load_model(path):
    """Loads a ``.keras`` file without running anything that is stored in it (``safe_mode``, no pickle).

    Args:
        path: file written by ``model.save("….keras")`` of Keras 3.

    Returns:
        The ``keras.Model``, uncompiled.

    Raises:
        EdgezooError: the file is missing, empty, of another format, damaged, or holds code or classes that are not
            known here.
    """
    path = existing_file(path)
    if path.suffix != ".keras":
        raise EdgezooError(f"{path} is not a .keras file; save the model with model.save('NAME.keras') in Keras 3.")
    if not zipfile.is_zipfile(path):
        raise EdgezooError(f"{path} is damaged or not a .keras file (it is no zip archive).")

    keras = import_keras()
    from . import layers  # noqa: F401  (registers our layers with Keras)

    try:
        return keras.saving.load_model(os.fspath(path), compile=False, safe_mode=True)
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged or hostile archive makes Keras, h5py or json raise
        gist = one_line(error)
        if "Lambda" in gist or "safe_mode" in gist:
            gist = "it holds a Lambda layer, that is code, which is never run; use a registered layer instead"
        elif "Could not locate" in gist or "could not be located" in gist:
            gist = f"it uses a class that is not part of Keras or edgezoo: {gist[:200]}"
        raise EdgezooError(f"cannot load {path}: {gist[:400]}") from error


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
