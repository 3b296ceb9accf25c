"""Names of classes that mean the same, written by different people."""

import collections
import re
import unicodedata

_SHOWN = 5


def places_by_name(classes, names):
    """The place in ``names`` of each of ``classes``, as a tuple; ``None`` unless each has exactly one of its own."""
    for wanted, offered in ((str, lambda name: [name]), (_plain, lambda name: [_plain(name)]), (_plain, _synonyms)):
        places = collections.defaultdict(set)
        for place, name in enumerate(names):
            for form in offered(name):
                places[form].add(place)
        found = [places[wanted(name)] for name in classes]
        if all(len(of_class) == 1 for of_class in found) and len(set.union(*found)) == len(classes):
            return tuple(place for (place,) in found)
    return None


def _plain(name):
    """A name as it is compared: case folded, separators as spaces."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.split(r"[\s_/.-]+", folded)).strip() or name


def _synonyms(name):
    return map(_plain, name.split(","))


def only_numbered(names):
    """Whether the names are just 0, 1, 2, … or 1, 2, 3, …, each alone or behind ``class`` or ``label``."""
    found = [re.fullmatch(r"(?:class|label)? ?0*(\d{1,9})", _plain(name)) for name in names]
    numbers = [int(number[1]) for number in found if number]
    return numbers in (list(range(len(names))), list(range(1, len(names) + 1)))


def listed(names, others):
    """``names`` in a line of text; of many some, rather those that are not among the ``others``."""
    more = len(names) - _SHOWN
    if more > 0:
        theirs = set(map(_plain, others))
        names = sorted(names, key=lambda name: _plain(name) in theirs)[:_SHOWN]
    comma = "; " if any("," in name for name in names) else ", "
    shown = comma.join(name if len(name) <= 30 else f"{name[:29]}…" for name in names)
    return f"{shown} and {more} more" if more > 0 else shown
