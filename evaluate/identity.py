"""Which file is this? Its content, and what it says of the model and the number format that it holds."""

import re

from ..common.files import existing_file, sha256

_EXPORTED = re.compile(r"(?P<model>.+)_(?P<scheme>float32|float16|dynamic|int8|int16x8)(?:_(?P<size>\d+))?")


def describe_file(path):
    """Identity of a model file: path, SHA-256, bytes, and model and scheme as its name tells them.

    Exported files are named ``MODEL_SCHEME[_SIZE].tflite``; the scheme of a ``.keras`` file is ``"keras"``, that of a
    ``.tflite`` file with any other name is ``None``.
    """
    path = existing_file(path)
    name = _EXPORTED.fullmatch(path.stem) if path.suffix == ".tflite" else None
    return {
        "file": str(path),
        "sha256": sha256(path),
        "size_bytes": path.stat().st_size,
        "model": name["model"] if name else path.stem,
        "scheme": name["scheme"] if name else "keras" if path.suffix == ".keras" else None,
    }
