"""What a model file takes for a pixel, by what is known of it and by the file itself."""

import json

from ..inspection.files import KERAS, kind_of
from ..inspection.metadata import read_metadata, with_metadata
from ..inspection.pixels import ASSUMED, Pixels
from ..inspection.tflite_pixels import tflite_pixels
from ..train.run_folder import record_beside
from .bundle import entry_of, pixels_in
from .identity import tag_of

#: Name of a metadata entry of exported files, which those for raw pixels do without: they can be small.
_ENTRY = "edgezoo_pixels"


def pixels_of(path, given=None, guess=False):
    """What a file takes for a pixel: what was asked for, what its export has recorded, or what the file itself tells.

    Args:
        path: ``.keras`` or ``.tflite`` file.
        given: ``Pixels`` that were asked for, or ``None``.
        guess: as for ``tflite_pixels``.

    Returns:
        ``Pixels``; ``None`` of a ``.keras`` file which edgezoo did not train: its network tells, see ``keras_pixels``.

    Raises:
        EdgezooError: the file is missing, damaged or of another kind, or nobody can tell.
    """
    if given:
        return given
    if kind_of(path) == KERAS:
        return _of_run(path)
    entry = entry_of(path)
    return _recorded(path) or (entry and pixels_in(entry)) or tflite_pixels(path, guess)


def pixels_of_model(path, model, given=None):
    """The same of a ``.keras`` file whose model is loaded already; ``None`` where it takes no image."""
    from ..inspection.keras_pixels import keras_pixels  # Keras is there; otherwise it costs seconds
    from ..zoo.endings import graph_of

    graph = graph_of(model)
    if graph is None or len(graph.inputs) != 1 or len(graph.inputs[0].shape) != 4:
        return None
    return given or _of_run(path) or keras_pixels(model)


def _of_run(path):
    # Training feeds raw pixels, whatever the network does with them.
    return Pixels(known_by="training run") if record_beside(path) else None


def with_pixels(content, pixels):
    """The content of an exported file that carries its ``Pixels``; raw ones, as they mostly are, go without saying.

    ``null`` stands for raw pixels that were assumed.
    """
    if pixels is None or (pixels.is_raw and pixels.known_by != ASSUMED):
        return content
    entry = None if pixels.known_by == ASSUMED else [pixels.mean, pixels.std]
    return with_metadata(content, _ENTRY, json.dumps(entry, separators=(",", ":")).encode())


def _recorded(path):
    """``Pixels`` that an exported file carries, or ``None``."""
    if not tag_of(path):
        return None
    try:
        entry = json.loads(read_metadata(path, _ENTRY) or b"[[0],[1]]")
        return Pixels.of_row({"mean": entry[0], "std": entry[1], "known_by": "export record"}) if entry else Pixels()
    except (ValueError, ArithmeticError, TypeError, LookupError):  # damaged
        return None
