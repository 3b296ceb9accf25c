"""What kind of model a file holds: the one place that looks at the suffix."""

from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import existing_file
from ..zoo.legacy.source import SUFFIXES, format_of

KERAS, TFLITE = "keras", "tflite"
#: Bytes of a ``.tflite`` file, whose offsets reach no further.
LONGEST = (1 << 31) - 1


def kind_of(path):
    """``KERAS``, also of an ``.h5`` file and a SavedModel's folder, or ``TFLITE``.

    Raises:
        EdgezooError: the file is missing or empty, or of another kind.
    """
    path = Path(path)
    if not path.is_dir() and existing_file(path).suffix not in (*SUFFIXES, ".tflite"):
        raise EdgezooError(f"{path} is neither a .keras nor a .tflite file, nor an .h5 file or a SavedModel's folder.")
    if path.suffix == ".tflite":
        return TFLITE
    format_of(path)
    return KERAS


def model_name(path):
    """What a Keras model's file is called: its name without the suffix, a SavedModel's whole name."""
    path = Path(path)
    return path.resolve().name if path.is_dir() else path.stem
