"""A folder of picture files.

Either one sub-folder a class, or ``train/``, ``validation/`` (``val/``) and ``test/`` with those in each::

    flowers/daisy/*.jpg                flowers/train/daisy/*.jpg
    flowers/tulip/*.jpg                flowers/train/tulip/*.jpg
                                       flowers/test/daisy/*.jpg …

Every file is decoded once at the start, so that a bad one is known by name before hours of training, and then again
each time it is needed: only paths and labels stay in memory.
"""

import dataclasses
import hashlib
import math
import os
import unicodedata
import warnings
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
from PIL import UnidentifiedImageError

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..common.progress import note, track
from ..common.text import one_line
from .dataset import Split, assemble
from .images import SUFFIXES, can_convert, is_gray, open_image
from .sources import DECODERS, FileSource

_PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
#: Longest side that equally large images keep by default.
_LARGEST_EQUAL = 256
#: Bounds of the default side where the images differ: what the zoo's networks can still halve, and what a
#: microcontroller can hold.
_SIDES = (32, 96)
_NAMED_BAD_FILES = 100


@dataclasses.dataclass(frozen=True, slots=True)
class _Facts:
    """What one look at a file tells; ``problem`` is empty if it is a good picture."""

    size: tuple[int, int] = (0, 0)
    gray: bool = True
    sha256: str = ""
    problem: str = ""


def load_folder(root, *, seed, image_size, channels, validation_fraction, skip_bad):
    """Reads a folder as a ``Dataset``; arguments and errors as in ``load_dataset``."""
    root = Path(root)
    if channels and not can_convert(3, channels):
        raise EdgezooError(f"{root}: pictures can be read with 1 or 3 channels. Received: channels={channels}")
    files, ignored = _find_files(root)
    paths = [path for classes in files.values() for members in classes.values() for path in members]
    if not paths:
        raise EdgezooError(
            f"{root} holds no images in sub-folders; one sub-folder a class with PNG, JPEG, WebP, BMP or GIF."
        )
    folders = sorted({folder for classes in files.values() for folder in classes})
    untrained = sorted(set(folders) - set(files["train"]))
    if untrained:
        raise EdgezooError(f"{root}: there are no training images of {', '.join(map(repr, untrained))}.")

    facts, skipped = _examine_all(root, paths, skip_bad)
    if ignored:
        note(
            f"{root}: {ignored} files are left alone: hidden, in no class's folder, behind a link to a folder, "
            "or not PNG, JPEG, WebP, BMP or GIF"
        )

    sizes = [fact.size for fact in facts.values()]
    channels = channels or (1 if all(fact.gray for fact in facts.values()) else 3)
    shape = (*(image_size or default_size(sizes)), channels)

    parts = {part: _split(classes, facts, folders, shape) for part, classes in files.items()}
    source = {
        "kind": "folder",
        "path": str(root),
        "sha256": _listing_sha256(root, facts),
        "files": len(facts),
        "skipped": skipped,
        "ignored": ignored,
        "sizes": {
            "distinct": len(set(sizes)),
            "smallest": list(min(sizes, key=math.prod)),
            "largest": list(max(sizes, key=math.prod)),
        },
    }
    return assemble(
        root.resolve().name, folders, shape, parts, source, seed=seed, validation_fraction=validation_fraction
    )


def default_size(sizes):
    """The size to read images in where none is asked for.

    Args:
        sizes: (height, width) of every image.

    Returns:
        (H, W): the images' own if they are all alike and no side is above 256; else a square whose side is the median
        of their shorter sides, rounded down to a multiple of 8, between 32 and 96.
    """
    first = sizes[0]
    if max(first) <= _LARGEST_EQUAL and all(size == first for size in sizes):
        return first
    side = int(np.median([min(size) for size in sizes])) // 8 * 8
    return (int(np.clip(side, *_SIDES)),) * 2


def _find_files(root):
    """``{part: {class folder: sorted paths}}`` and the count of other files; classes without images are there too."""
    top = _subfolders(root)
    parts = {folder: _PARTS[folder.name.casefold()] for folder in top if folder.name.casefold() in _PARTS}
    # A lone «train» among other names is a class: locomotives.
    layered = any(part == "train" and _subfolders(folder) for folder, part in parts.items())
    if not layered or (len(parts) == 1 and len(top) > 1):
        classes, ignored = _find_classes(root)
        return {"train": classes}, ignored
    for folder in top:
        if folder not in parts:
            raise EdgezooError(f"{root} has {folder.name!r} beside its training and test folders; move it away.")
    files, ignored = {}, 0
    for folder, part in parts.items():
        if part in files:
            raise EdgezooError(f"{root} has two folders for {part} images; keep one of them.")
        files[part], others = _find_classes(folder)
        ignored += others
    return files, ignored


def _subfolders(folder):
    try:
        # A link to a folder above, root included, would count every image twice.
        return sorted(
            child
            for child in folder.iterdir()
            if child.is_dir()
            and not child.name.startswith(".")
            and not folder.resolve().is_relative_to(child.resolve())
        )
    except OSError as error:
        _refuse(error)


def _refuse(error):
    raise EdgezooError(f"cannot read {error.filename}: {error.strerror}") from error


def _find_classes(parent):
    """``{class folder: sorted paths}`` and the count of other files, those beside the class folders included."""
    classes, ignored = {}, sum(child.is_file() for child in parent.iterdir())
    for folder in _subfolders(parent):
        # macOS takes accents apart; the same class must have the same name in train/ and in test/.
        members = classes.setdefault(unicodedata.normalize("NFC", folder.name), [])
        for where, below, names in os.walk(folder, onerror=_refuse):
            below[:] = [name for name in below if not name.startswith(".")]
            ignored += sum(os.path.islink(os.path.join(where, name)) for name in below)  # not followed: may be circles
            for path in (Path(where, name) for name in names):
                picture = path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
                # A pipe or a device would block or never end; a broken link is named among the bad files.
                if picture and (path.is_file() or not path.exists()):
                    members.append(path)
                else:
                    ignored += 1
        members.sort()
    return classes, ignored


def _examine(path):
    try:
        if path.stat().st_size == 0:
            return _Facts(problem="empty")
        image = open_image(path)
        return _Facts((image.height, image.width), is_gray(image), sha256(path))
    except UnidentifiedImageError:
        return _Facts(problem="not a PNG, JPEG, WebP, BMP or GIF image")
    except Exception as error:  # each of Pillow's decoders has its own way to say that a file is damaged
        return _Facts(problem=getattr(error, "strerror", None) or one_line(error))


def _examine_all(root, paths, skip_bad):
    """``{path: facts}`` of the good files, and a record of the bad ones."""
    facts = {}
    # Pillow warns of oddities in metadata that change no pixel.
    with warnings.catch_warnings(), ThreadPool(DECODERS) as pool:
        warnings.simplefilter("ignore")
        results = pool.imap(_examine, paths, chunksize=16)
        for path, fact in zip(paths, track(results, "checking images", len(paths)), strict=True):
            facts[path] = fact
    bad = [{"file": _shown(root, path), "problem": fact.problem} for path, fact in facts.items() if fact.problem]
    good = {path: fact for path, fact in facts.items() if not fact.problem}
    if bad and not skip_bad:
        listed = ", ".join(f"{row['file']} ({row['problem']})" for row in bad[:_NAMED_BAD_FILES])
        more = f" and {len(bad) - _NAMED_BAD_FILES} more" if len(bad) > _NAMED_BAD_FILES else ""
        raise EdgezooError(
            f"{len(bad)} of {len(paths)} image files in {root} cannot be read: {listed}{more}; "
            "repair or remove them, or go on without them with --skip-bad (skip_bad=True)."
        )
    if not good:
        raise EdgezooError(f"none of the {len(paths)} image files in {root} can be read.")
    if bad:
        note(f"{root}: {len(bad)} of {len(paths)} image files cannot be read and are left out")
    return good, bad


def _shown(root, path):
    """The path below ``root`` on one line, whatever bytes the file system holds."""
    name = path.relative_to(root).as_posix()
    return name if name.isprintable() else ascii(name)


def _split(classes, facts, folders, shape):
    labelled = [(path, folders.index(name)) for name in sorted(classes) for path in classes[name] if path in facts]
    paths = [os.fspath(path) for path, _ in labelled]  # a third of a Path's memory
    return Split(FileSource(paths, shape), [label for _, label in labelled])


def _listing_sha256(root, facts):
    """SHA-256 of the lines ``sha256  relative/path`` in the order of the paths' bytes, as ``sha256sum`` prints them."""
    listing = hashlib.sha256()
    for name, digest in sorted(
        (os.fsencode(path.relative_to(root).as_posix()), fact.sha256) for path, fact in facts.items()
    ):
        listing.update(digest.encode() + b"  " + name + b"\n")
    return listing.hexdigest()
