"""How pictures get into the size that a model file takes, by what is known of it."""

import json

from ..common.errors import EdgezooError
from ..common.fit import PAD, Fit, chosen
from ..common.progress import note
from ..inspection.files import KERAS, kind_of
from ..inspection.metadata import read_metadata, with_metadata
from ..train.run_folder import fit_beside
from .bundle import entry_of, fit_in
from .identity import tag_of

#: Name of a metadata entry of exported files, which those for squashed pictures do without: they can be small.
_ENTRY = "edgezoo_fit"


def fit_of(path, given=None):
    """How pictures get into the size that a file takes: as its run, or the export that it comes from, tells.

    Args:
        path: ``.keras`` or ``.tflite`` file.
        given: ``Fit`` that was asked for, or ``None``; where it is another than what is known, that is told.

    Returns:
        ``Fit``; ``None`` where nobody tells.
    """
    known = fit_beside(path) if kind_of(path) == KERAS else _recorded(path)
    fit = chosen(given, known)
    if known and fit != known:
        note(f"{path}: in its training pictures {known.text} its size; with --fit {fit.kind} they {fit.text} it.")
    return fit


def fit_of_model(path, given, calibration):
    """The ``Fit`` of what is exported of a ``.keras`` file.

    Args:
        given: one of ``common.fit.KINDS`` that was asked for, or ``None``.
        calibration: ``Calibration``, or ``None``; its images tell where nothing else does.

    Raises:
        EdgezooError: nothing tells the colour of the border that is asked for.
    """
    of_images = calibration.fit if calibration is not None else Fit()
    known = chosen(given, fit_beside(path) or of_images)
    if known == PAD:
        known = chosen(given, of_images)
    if known == PAD:
        raise EdgezooError(f"--fit {PAD} takes the colour of the border from images; give them with --data.")
    return fit_of(path, known if isinstance(known, Fit) else Fit(known))


def with_fit(content, fit):
    """The content of an exported file that carries its ``Fit``; a squash, as it mostly is, goes without saying."""
    if fit in (None, Fit()):
        return content
    return with_metadata(content, _ENTRY, json.dumps(fit.row(), separators=(",", ":")).encode())


def _recorded(path):
    """The ``Fit`` that an exported file carries or that the manifest beside it has, or ``None``."""
    if tag_of(path):
        entry = read_metadata(path, _ENTRY)
        try:
            return Fit.of_row(json.loads(entry)) if entry else Fit()
        except (ValueError, TypeError, LookupError):  # damaged
            return None
    entry = entry_of(path)
    return entry and fit_in(entry)
