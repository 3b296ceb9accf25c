"""Which file is this? Its content, and the network and the number format that it holds."""

from pathlib import Path

from ..common.files import gzip_bytes, sha256, size_bytes
from ..export.identity import Identity, identity_of, network_of
from ..inspection.files import KERAS, kind_of, model_name


def describe_file(path):
    """Identity of a model file: path, SHA-256, bytes, and the ``Identity`` of what it holds.

    Of an exported file that is what it carries, however it is called now (see
    :func:`~edgezoo.export.identity.identity_of`); of a Keras model's file its name, ``"keras"`` and its own checksum.
    The scheme and the network of anybody else's ``.tflite`` file are ``None``.

    Returns:
        ``{"file", "sha256", "size_bytes", "gzip_bytes", "model", "scheme", "network"}``.

    Raises:
        EdgezooError: the file is missing, empty, or of another kind.
    """
    kind, path = kind_of(path), Path(path)
    checksum = sha256(path)
    identity = Identity(model_name(path), "keras", network_of(checksum)) if kind == KERAS else identity_of(path)
    sizes = {"size_bytes": size_bytes(path), "gzip_bytes": gzip_bytes(path)}
    return {"file": str(path), "sha256": checksum, **sizes, **identity._asdict()}
