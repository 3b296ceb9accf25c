"""Which file is this? Its content, and the model and the number format that it holds."""

from pathlib import Path

from ..common.files import sha256, size_bytes
from ..export.identity import model_and_scheme
from ..inspection.files import KERAS, kind_of, model_name


def describe_file(path):
    """Identity of a model file: path, SHA-256, bytes, model and scheme.

    Model and scheme are those that an exported file carries, however it is called now (see
    :func:`~edgezoo.export.identity.model_and_scheme`); of a Keras model's file they are its name and ``"keras"``,
    and the scheme of anybody else's ``.tflite`` file is ``None``.

    Returns:
        ``{"file", "sha256", "size_bytes", "model", "scheme"}``.

    Raises:
        EdgezooError: the file is missing, empty, or of another kind.
    """
    kind, path = kind_of(path), Path(path)
    model, scheme = (model_name(path), "keras") if kind == KERAS else model_and_scheme(path)
    return {
        "file": str(path),
        "sha256": sha256(path),
        "size_bytes": size_bytes(path),
        "model": model,
        "scheme": scheme,
    }
