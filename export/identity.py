"""Which model and which number format a ``.tflite`` file holds: how that is written down, and read back."""

import json
import re
from pathlib import Path

from ..common.text import is_text_line
from ..inspection.metadata import read_metadata, with_metadata
from .bundle import entry_of
from .schemes import SCHEMES

#: Name of the metadata entry. Its content is short, since a network of 10 KB carries it, too.
_ENTRY = "edgezoo"


def file_name(model, scheme, size=None):
    """The contract's name of an exported file, ``MODEL_SCHEME[_SIZE].tflite``."""
    return f"{model}_{scheme}" + (f"_{size}" if size else "") + ".tflite"


def tagged(content, model, scheme):
    """The content of a ``.tflite`` file that carries the names of its model and of its scheme."""
    return with_metadata(content, _ENTRY, json.dumps([model, scheme], separators=(",", ":")).encode())


def model_and_scheme(path):
    """``(model, scheme)`` of a ``.tflite`` file, whatever it is called now.

    What the file itself carries counts first, then the manifest beside it, then its name.

    Returns:
        Names of the model and of a scheme in ``SCHEMES``; ``(stem of the path, None)`` where nothing tells the scheme.
    """
    path = Path(path)
    found = _by_tag(path) or _by_manifest(path) or _by_name(path)
    return found if found and found[1] in SCHEMES else (path.stem, None)


def _by_tag(path):
    try:
        model, scheme = json.loads(read_metadata(path, _ENTRY) or b"")
        return (model, scheme) if is_text_line(model) else None
    except (ValueError, TypeError, AttributeError):  # none, or not one of ours
        return None


def _by_manifest(path):
    entry = entry_of(path)
    return entry and (Path(entry["model"]["file"]).stem, entry["scheme"])


def _by_name(path):
    form = rf"(?P<model>.+)_(?P<scheme>{'|'.join(map(re.escape, SCHEMES))})(?:_\d+)?"
    name = re.fullmatch(form, path.stem)
    return name and (name["model"], name["scheme"])
