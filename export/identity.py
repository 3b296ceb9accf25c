"""Which network and which number format a ``.tflite`` file holds: how that is written down, and read back."""

import json
import re
import typing
from pathlib import Path

from ..common.text import is_text_line
from ..inspection.metadata import read_metadata, with_metadata
from .bundle import entry_of
from .schemes import SCHEMES

#: Name of the metadata entry. Its content is short, since a network of 10 KB carries it, too.
_ENTRY = "edgezoo"
_NETWORK_BYTES = 5


def file_name(model, scheme, size=None):
    """The contract's name of an exported file, ``MODEL_SCHEME[_SIZE].tflite``; ``size`` may be several, ``"28_40"``."""
    return f"{model}_{scheme}" + (f"_{size}" if size else "") + ".tflite"


class Identity(typing.NamedTuple):
    """What a ``.tflite`` file holds.

    Attributes:
        model: name of the ``.keras`` file that it was made from, without suffix.
        scheme: name of its number format.
        network: the ``network_of`` that ``.keras`` file, which no other network has, whatever both are called.
    """

    model: str
    scheme: str | None = None
    network: str | None = None


def network_of(checksum):
    """What all forms of a network share: the first ten digits of its ``.keras`` file's SHA-256 in hex."""
    return checksum[: 2 * _NETWORK_BYTES]


def tagged(content, model, scheme, network):
    """The content of a ``.tflite`` file that carries the ``Identity`` of what it was made from."""
    return with_metadata(content, _ENTRY, f"{model}/{scheme}/".encode() + bytes.fromhex(network))


def identity_of(path):
    """The ``Identity`` of a ``.tflite`` file, whatever it is called now.

    What the file itself carries counts first, then the manifest beside it, which knows it by content. Its name tells
    nothing of the network, and the model and the scheme only where nothing else does.

    Returns:
        ``Identity`` with a scheme in ``SCHEMES``; ``Identity(stem of the path)`` where nothing tells the scheme.
    """
    path = Path(path)
    found = tag_of(path)
    if not (found and found.network):
        found = _by_manifest(path) or found or _by_name(path)
    return found if found and found.scheme in SCHEMES else Identity(path.stem)


def tag_of(path):
    """The ``Identity`` that a ``.tflite`` file carries, or ``None`` where it carries none of ours."""
    content = read_metadata(path, _ENTRY) or b""
    try:
        if content.count(b"/") >= 2:
            model, scheme, checksum = content.split(b"/", 2)
            found = Identity(model.decode(), scheme.decode(), checksum.hex())
            sound = len(checksum) == _NETWORK_BYTES
        else:  # of before
            model, scheme = json.loads(content)
            found, sound = Identity(model, scheme), isinstance(model, str) and isinstance(scheme, str)
        return found if sound and is_text_line(found.model) else None
    except (ValueError, TypeError):  # none, or not one of ours
        return None


def _by_manifest(path):
    entry = entry_of(path)
    if not entry:
        return None
    model = entry["model"]
    return Identity(Path(model["file"]).stem, entry["scheme"], network_of(model["sha256"]))


def _by_name(path):
    form = rf"(?P<model>.+)_(?P<scheme>{'|'.join(map(re.escape, SCHEMES))})(?:_\d+)*"
    name = re.fullmatch(form, path.stem)
    return name and Identity(name["model"], name["scheme"])
