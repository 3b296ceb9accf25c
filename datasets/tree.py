"""What the sub-folders of a folder of pictures are: classes, or splits with the classes below.

Only names are looked at, no picture is opened.
"""

import collections
import itertools
import os
import unicodedata
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.progress import note
from .images import SUFFIXES
from .split_names import TRAIN, says_nothing, settled, splits_among

#: Folders that systems and archives leave behind; macOS' holds a shadow of every picture under the picture's own name.
_LEFT_BEHIND = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"})
_RENAME = "name such folders train, validation and test"
_NAMED_CLASSES = 4


def find_pictures(root):
    """Looks for pictures below a folder.

    Returns:
        ``(files, folders, ignored)``: ``files`` is ``{split: {class: sorted paths}}``, classes without pictures
        included; ``folders`` is ``{split: path below the root}`` where there are folders of splits; ``ignored`` is a
        ``Counter`` of the endings of other files.

    Raises:
        EdgezooError: a folder cannot be read, or the sub-folders look like splits and it is not clear which is which.
    """
    ignored = collections.Counter()
    wrapped, root = root, _unwrapped(root, ignored)
    if root != wrapped:
        note(f"{wrapped}: the images are taken from {root.relative_to(wrapped).as_posix()}, the only folder there")
    top = _subfolders(root)
    splits = _splits(root, top)
    if not splits:
        _refuse_alike(root, top)
        return {TRAIN: _find_classes(root, ignored)}, {}, ignored
    _count(root, ignored)
    files, folders = {}, {}
    for folder, part in splits.items():
        if part in files:
            raise EdgezooError(f"{root} has two folders for {part} images; keep one of them.")
        inner = _unwrapped(folder, ignored, lambda name, outer=folder.name: name == outer or says_nothing(name))
        files[part] = _find_classes(inner, ignored)
        folders[part] = inner.relative_to(wrapped).as_posix()
    return files, folders, ignored


def _splits(root, top):
    """``{folder: split}``, or nothing where the folders are classes."""
    roles = splits_among(folder.name for folder in top)
    splits = settled({folder: roles[folder.name] for folder in top if folder.name in roles})
    layered = any(_subfolders(folder) for folder in splits)
    # A lone «train» among other classes is a class: locomotives.
    if len(splits) < 2 and not (layered and not any(_has_pictures(folder) for folder in top if folder not in splits)):
        return {}
    names = _listed(folder.name for folder in splits)
    if not layered:
        raise EdgezooError(
            f"{root}: {names} look like splits, but no folder in them says which class a picture is of; "
            "give each a sub-folder per class, or rename them if they are classes."
        )
    for folder in top:
        if folder not in splits:
            raise EdgezooError(f"{root} has {folder.name!r} beside its training and test folders; move it away.")
    if TRAIN not in splits.values():
        raise EdgezooError(
            f"{root} has {names}, and no folder of training images; name the one to train with 'train', "
            "or rename them if they are classes."
        )
    return splits


def _refuse_alike(root, top):
    """Refuses folders that hold the same sub-folders of pictures: those are the classes, these are splits."""
    inside = {folder: {below.name for below in _subfolders(folder) if _has_pictures(below)} for folder in top}
    inside = {folder: names for folder, names in inside.items() if len(names) > 1}
    for one, other in itertools.combinations(inside, 2):
        both = inside[one] & inside[other]
        if len(both) > 1:
            alike = [folder.name for folder, names in inside.items() if len(names & both) > 1]
            raise EdgezooError(
                f"{root}: {_listed(alike)} hold the same sub-folders ({_listed(both)}), so they look like splits, not "
                f"like classes; {_RENAME}, or, if they are classes, put their pictures side by side."
            )


def _listed(names):
    """``'a', 'b' and 2 more``"""
    names = sorted(map(repr, names))
    shown, more = names[:_NAMED_CLASSES], len(names) - _NAMED_CLASSES
    if more > 0:
        shown.append(f"{more} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _unwrapped(folder, ignored, may_be_left=lambda name: True):
    """The folder, or one below that is the only one on its level and holds all, as archives often unpack."""
    inner = _innermost(folder, may_be_left)
    passed = inner
    while passed != folder:
        passed = passed.parent
        _count(passed, ignored)
    return inner


def _innermost(folder, may_be_left):
    inner = _subfolders(folder)
    if len(inner) != 1 or _holds_pictures(folder) or not may_be_left(inner[0].name):
        return folder
    # A lone «train» holds the training images, and is not in the way.
    if splits_among([inner[0].name]) and inner[0].name != folder.name:
        return folder
    innermost = _innermost(inner[0], may_be_left)
    below = _subfolders(innermost)
    several = len(below) > 1 or splits_among(child.name for child in below)
    return innermost if several and not _holds_pictures(innermost) else folder


def _holds_pictures(folder):
    return any(_is_picture(child) for child in folder.iterdir())


def _subfolders(folder):
    try:
        # A link to a folder above, root included, would count every image twice.
        return sorted(
            child
            for child in folder.iterdir()
            if child.is_dir()
            and not _is_left_alone(child.name)
            and not folder.resolve().is_relative_to(child.resolve())
        )
    except OSError as error:
        _refuse(error)


def _is_left_alone(name):
    return name.startswith(".") or name.casefold() in _LEFT_BEHIND


def _refuse(error):
    raise EdgezooError(f"cannot read {error.filename}: {error.strerror}") from error


def _is_picture(path):
    # A pipe or a device would block or never end; a broken link is named among the bad files.
    named_so = path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    return named_so and (path.is_file() or not path.exists())


def _has_pictures(folder):
    return any(_is_picture(Path(where, name)) for where, _, names in os.walk(folder) for name in names)


def _count(folder, ignored):
    """Counts the files beside a folder's sub-folders, and those in what was left behind."""
    for child in folder.iterdir():
        if child.is_file():
            ignored[_ending(child)] += 1
        elif child.is_dir() and child.name.casefold() in _LEFT_BEHIND:
            ignored[child.name] += sum(len(names) for _, _, names in os.walk(child))


def _ending(path):
    """What a file that is left alone is counted as: its ending, or its name where that says more."""
    return path.name if path.name.startswith(".") or not path.suffix else path.suffix.lower()


def _find_classes(parent, ignored):
    """``{class folder: sorted paths}``; other files, those beside the class folders included, are counted."""
    _count(parent, ignored)
    classes = {}
    for folder in _subfolders(parent):
        # macOS takes accents apart; the same class must have the same name in train/ and in test/.
        members = classes.setdefault(unicodedata.normalize("NFC", folder.name), [])
        for where, below, names in os.walk(folder, onerror=_refuse):
            for name in below:
                if name.casefold() in _LEFT_BEHIND:
                    ignored[name] += sum(len(inside) for _, _, inside in os.walk(os.path.join(where, name)))
            below[:] = [name for name in below if not _is_left_alone(name)]
            # Not followed: may be circles.
            ignored["links to folders"] += sum(os.path.islink(os.path.join(where, name)) for name in below)
            for path in (Path(where, name) for name in names):
                if _is_picture(path):
                    members.append(path)
                else:
                    ignored[_ending(path)] += 1
        members.sort()
    return classes
