"""What kind of model a file holds: the one place that looks at the suffix."""

from ..common.errors import EdgezooError
from ..common.files import existing_file

KERAS, TFLITE = "keras", "tflite"
_KINDS = {".keras": KERAS, ".tflite": TFLITE}


def kind_of(path):
    """``KERAS`` or ``TFLITE``.

    Raises:
        EdgezooError: the file is missing or empty, or has another suffix.
    """
    path = existing_file(path)
    if path.suffix not in _KINDS:
        raise EdgezooError(f"{path} is neither a .keras nor a .tflite file.")
    return _KINDS[path.suffix]
