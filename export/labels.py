"""Class names that go beside a model."""

import os

from ..common.errors import EdgezooError
from ..common.files import read_small
from ..common.progress import note
from ..common.same_names import listed, only_numbered, places_by_name
from ..common.text import is_text_line, lines_of


def class_labels(labels, trained_on, calibration, model):
    """The names of a model's classes, in the order of its outputs, or ``None`` if nobody told them.

    Args:
        labels: names, or the path of a text file (UTF-8) with one a line; ``None`` takes those of ``trained_on``, else
            those of the data set that calibrates, whichever are as many as the model's classes.
        trained_on: names of the classes that the model was trained on, empty if unknown.
        calibration: ``Calibration`` or ``None``.
        model: ``keras.Model``; one output alone tells two classes apart.

    Raises:
        EdgezooError: a label is not a line of text, or there are more or fewer than classes.
    """
    classes = _classes(model)
    if labels is None:
        names = list(calibration.class_names) if calibration else []
        if len(trained_on) == classes:
            _warn_of_other_classes(names, trained_on, calibration)
            return list(trained_on)
        if names and len(names) != classes:
            note(
                f"the model tells {classes} classes apart, {calibration.record.get('dataset')} has {len(names)}: "
                "no labels.txt is written."
            )
        return names if len(names) == classes else None

    source = labels if isinstance(labels, (str, os.PathLike)) else "the labels"
    labels = read_labels(labels)
    if len(labels) != classes:
        raise EdgezooError(
            f"{source} has {len(labels)} lines, but the model tells {classes} classes apart."
            if classes
            else f"{source} cannot be used: the model has no single output [B, classes]."
        )
    return list(labels)


def _warn_of_other_classes(names, trained_on, calibration):
    if names and places_by_name(names, trained_on) is None and not (only_numbered(names) or only_numbered(trained_on)):
        note(
            f"{calibration.record.get('dataset')} has the classes {listed(names, trained_on)}, but the model tells "
            f"{listed(trained_on, names)} apart: labels.txt has the latter; calibrate with images of those."
        )


def _classes(model):
    """How many classes a model tells apart, two by one output; ``None`` if its outputs are no scores."""
    if len(model.outputs) != 1:
        return None
    _, *places, classes = model.outputs[0].shape
    return max(classes, 2) if set(places) <= {1} else None


def read_labels(labels):
    """Class names, each a line of text.

    Args:
        labels: names, or the path of a text file (UTF-8) with one a line.

    Returns:
        List of names.

    Raises:
        EdgezooError: there is no such file, it is no text, or a name is empty or has control characters.
    """
    source = "the labels"
    if isinstance(labels, (str, os.PathLike)):
        source = labels
        try:
            labels = lines_of(read_small(source))
        except UnicodeDecodeError as error:
            raise EdgezooError(f"{source} is not a text file in UTF-8.") from error
    for number, label in enumerate(labels, start=1):
        if not is_text_line(label):
            raise EdgezooError(f"label {number} of {source}, {label[:80]!a}, is not a line of text.")
    return list(labels)
