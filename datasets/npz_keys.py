"""What the arrays in an ``.npz`` file are, by their names."""

import collections

from ..common.errors import EdgezooError
from .split_names import role_of, settled, words_of

NAMES = "class_names"
#: How a split is called in Keras' own data sets.
CALLED = {"train": "train", "validation": "val", "test": "test"}
_AXES = {
    "x": frozenset(("x", "image", "images", "img", "imgs", "data", "input", "inputs", "pixels")),
    "y": frozenset(("y", "label", "labels", "target", "targets")),
}
#: Too short for folders, where they may be anything, such as languages.
_SHORT = {"tr": "train", "va": "val", "vl": "val", "te": "test", "ts": "test"}


def understood(path, found):
    """What each key of a file is for.

    Args:
        path: the file, for errors.
        found: its keys.

    Returns:
        ``(keys, unknown)``: ``{("x" or "y", split): key}`` of images and labels, and the keys that are something else.

    Raises:
        EdgezooError: there is nothing to train on, two keys are for the same, or there are images and labels of a split
            that nothing tells.
    """
    roles, unknown = {}, []
    for key in found:
        axis, role = _axis_and_role(key)
        if role:
            roles[key] = (axis, role)
        elif key != NAMES:
            unknown.append(key)
    splits = settled({key: role for key, (_, role) in roles.items()})
    keys = {}
    for key, (axis, _) in roles.items():
        same = keys.setdefault((axis, splits[key]), key)
        if same != key:
            raise EdgezooError(f"{path}: {same} and {key} are both for the {splits[key]} split; keep one of them.")
    pairs = collections.defaultdict(dict)
    for key in unknown if keys else ():
        axes, words = _taken_apart(key)
        pairs[tuple(words)] |= dict.fromkeys(axes, key)
    for pair in pairs.values():
        if len(pair) == 2:
            raise EdgezooError(
                f"{path}: nothing tells which split {pair['x']} and {pair['y']} are of; "
                "call them x_train, y_train, x_val, y_val, x_test or y_test, or leave them out."
            )
    if not any(split == "train" for _, split in keys):
        raise EdgezooError(f"{path} has neither x_train nor x; its keys are: {', '.join(sorted(found)) or 'none'}.")
    return keys, unknown


def shown(axis, split, key):
    """A key for errors; for ``x`` and ``y`` alone, and where there is none, what it would be called in Keras."""
    return key if key not in (None, "x", "y") else f"{axis}_{CALLED[split]}"


def _axis_and_role(key):
    """``("x" or "y", role)`` of ``x_train``, ``X``, ``train_labels``, ``testX``; ``None`` for what it does not tell."""
    axes, words = _taken_apart(key)
    role, rest = role_of(words)
    if len(axes) != 1 or rest:
        return None, None
    return axes.pop(), role or (None if words else "train")


def _taken_apart(key):
    """The axes that a key names, ``{"x"}`` or ``{"y"}`` if it is a good one, and its other words."""
    words = [part for word in words_of(key) for part in _apart(word)]
    axes = {axis for word in words for axis, known in _AXES.items() if word in known}
    return axes, [_SHORT.get(word, word) for word in words if not any(word in known for known in _AXES.values())]


def _apart(word):
    """``"xtrain"`` → ``("x", "train")``; other words as they are."""
    for parts in ((word[:1], word[1:]), (word[:-1], word[-1:])):
        if {*parts} & {"x", "y"} and any(part in _SHORT or role_of([part])[0] for part in parts):
            return parts
    return (word,)
