"""Which output of a file stands for which class of a data set: by name where the file's names are known."""

import dataclasses

from ..common.errors import EdgezooError
from ..common.same_names import listed, only_numbered, places_by_name
from ..export.class_names import known_class_names


@dataclasses.dataclass(frozen=True)
class Assignment:
    """The outputs of one file for the classes of a data set.

    Attributes:
        outputs: the number of each class' output, in the order of the classes.
        of: how many outputs the file has.
        known_by: what tells the names of the file's classes, as in ``ClassNames``; ``None`` where nothing does.
        matched: ``"same order"``, ``"reordered"``, ``"subset"`` (the file has other classes besides),
            ``"by position"``, or ``"unknown"``, which is by position, too.
        note: a sentence for whoever reads the scores, or ``None`` where the file's classes are just those of the data.
    """

    outputs: tuple[int, ...]
    of: int
    known_by: str | None
    matched: str
    note: str | None = None

    def record(self):
        """The part that a row of results keeps."""
        return {"known_by": self.known_by, "matched": self.matched, "note": self.note}


def assign(file, dataset, *, by_position=False, of=None):
    """Finds the outputs that stand for the classes of a data set.

    Names are the same if they differ only in case, spaces, ``_``, ``-``, ``.`` and ``/``, or if the data set has one of
    the file's synonyms (ImageNet's ``tench, Tinca tinca``), as long as no second class could be meant. Names that only
    number the classes, ``0``, ``1``, …, are no names: they are right beside any others.

    Args:
        file: path of a ``.keras`` or ``.tflite`` file.
        dataset: ``edgezoo.datasets.Dataset``.
        by_position: take the outputs in the order of the data set's classes, whatever they are called.
        of: how many outputs the file has, if that is known.

    Returns:
        ``Assignment``.

    Raises:
        EdgezooError: the names are known, and are those of other classes; or ``of`` does not fit.
    """
    classes, known = dataset.class_names, known_class_names(file, of)
    names, known_by = (known.names, known.known_by) if known else ((), None)
    places, in_order = places_by_name(classes, names), tuple(range(len(classes)))
    told = f"{file} tells {listed(names, classes)} apart ({known_by}), {dataset.name} has {listed(classes, names)}"

    if places == in_order and len(names) == len(classes):
        return Assignment(in_order, len(names), known_by, "same order")
    if places and not by_position:
        matched = "reordered" if len(names) == len(classes) else "subset"
        note = (
            f"the classes of {file} are those of {dataset.name} in another order ({known_by}): matched by name."
            if matched == "reordered"
            else f"{told}: classes are matched by name, and any other answer counts as wrong."
        )
        return Assignment(places, len(names), known_by, matched, note)
    if of not in (None, len(classes)):
        which, has = (f" ({listed(names, classes)})", f" ({listed(classes, names)})") if known else ("", "")
        raise EdgezooError(
            f"{file} gives {of} scores an image{which}, but {dataset.name} has {len(classes)} classes{has}; "
            "use the data set it was trained on."
        )
    if len(names) != len(classes):
        return Assignment(in_order, len(classes), None, "unknown")
    if by_position or only_numbered(names) or only_numbered(classes):
        note = f"{told}: outputs are taken by position, {classes[0]} first; scores say something only if that is right."
        return Assignment(in_order, len(classes), known_by, "by position", note)
    raise EdgezooError(
        f"{told}: these are not the same classes; use the data set it was trained on or, if they are the same in the "
        "same order by other names, --classes-by-position."
    )
