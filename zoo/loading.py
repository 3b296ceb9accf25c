"""Reading ``.keras`` files, ours and strangers'."""

import os
import zipfile

from ..common.errors import EdgezooError
from ..common.files import existing_file
from ..common.quiet import quiet_stderr


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

    with quiet_stderr():
        import keras

    from . import layers  # noqa: F401  (registers our layers with Keras)

    try:
        return keras.saving.load_model(os.fspath(path), compile=False, safe_mode=True)
    except MemoryError:
        raise
    except Exception as error:  # whatever a damaged or hostile archive makes Keras, h5py or json raise
        gist = " ".join(str(error).split())
        if "Lambda" in gist or "safe_mode" in gist:
            gist = "it holds a Lambda layer, that is code, which is never run; use a registered layer instead"
        elif "Could not locate" in gist or "could not be located" in gist:
            gist = f"it uses a class that is not part of Keras or edgezoo: {gist[:200]}"
        raise EdgezooError(f"cannot load {path}: {gist[:400] or type(error).__name__}") from error
