"""A folder of picture files.

Either one sub-folder a class, or ``train/``, ``validation/`` and ``test/``, under whatever names people give them, with
those in each (``tree.py`` tells which)::

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
import warnings
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
from PIL import UnidentifiedImageError

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..common.progress import note, track
from ..common.text import one_line, printable
from .dataset import Split, assemble
from .fingerprints import fingerprint
from .images import FORMATS, can_convert, is_gray, open_image
from .repeats import with_identical
from .sizes import default_size
from .sources import DECODERS, FileSource
from .tree import find_pictures

_NAMED_BAD_FILES = 100
_NAMED_ENDINGS = 5


@dataclasses.dataclass(frozen=True, slots=True)
class _Facts:
    """What one look at a file tells; ``problem`` is empty if it is a good picture."""

    size: tuple[int, int] = (0, 0)
    gray: bool = True
    sha256: str = ""
    digest: int = 0
    problem: str = ""


def load_folder(root, *, seed, image_size, channels, validation_fraction, skip_bad):
    """Reads a folder as a ``Dataset``; arguments and errors as in ``load_dataset``."""
    root = Path(root)
    if channels and not can_convert(3, channels):
        raise EdgezooError(f"{root}: pictures can be read with 1 or 3 channels. Received: channels={channels}")
    files, parts_in, ignored = find_pictures(root)
    paths = [path for classes in files.values() for members in classes.values() for path in members]
    if not paths:
        others = f" What is there: {_endings(ignored)}." if ignored.total() else ""
        raise EdgezooError(f"{root} holds no images in sub-folders; one sub-folder a class with {FORMATS}.{others}")
    folders = sorted({folder for classes in files.values() for folder in classes})
    untrained = sorted(set(folders) - set(files["train"]))
    if untrained:
        raise EdgezooError(f"{root}: there are no training images of {', '.join(map(repr, untrained))}.")

    facts, skipped = _examine_all(root, paths, skip_bad)
    if ignored.total():
        note(
            f"{root}: {ignored.total()} files are left alone ({_endings(ignored)}): hidden, in no class's folder, "
            f"behind a link to a folder, or not {FORMATS}"
        )
    if any(folder != part for part, folder in parts_in.items()):
        note(f"{root}: {', '.join(f'{part} images are those in {folder}' for part, folder in parts_in.items())}")

    sizes = [fact.size for fact in facts.values()]
    channels = channels or (1 if all(fact.gray for fact in facts.values()) else 3)
    shape = (*(image_size or default_size(sizes)), channels)

    parts = {part: _split(root, classes, facts, folders, shape) for part, classes in files.items()}
    source = {
        "kind": "folder",
        "path": str(root),
        "sha256": _listing_sha256(root, facts),
        "files": len(facts),
        "skipped": skipped,
        "ignored": ignored.total(),
        "folders": parts_in,
        "sizes": {
            "distinct": len(set(sizes)),
            "smallest": list(min(sizes, key=math.prod)),
            "largest": list(max(sizes, key=math.prod)),
        },
        "split_by": "content",
    }
    options = {"seed": seed, "validation_fraction": validation_fraction}
    return with_identical(assemble(root.resolve().name, folders, shape, parts, source, **options))


def _endings(ignored):
    """What was left alone, the most frequent first: ``"3 .txt, 1 .DS_Store"``."""
    listed = [f"{count} {printable(ending)}" for ending, count in ignored.most_common() if count]
    return ", ".join(listed[:_NAMED_ENDINGS] + ["…"] * (len(listed) > _NAMED_ENDINGS))


def _examine(path):
    try:
        if path.stat().st_size == 0:
            return _Facts(problem="empty")
        image = open_image(path)
        return _Facts((image.height, image.width), is_gray(image), sha256(path), fingerprint(np.asarray(image)))
    except UnidentifiedImageError:
        return _Facts(problem=f"not a {FORMATS} image")
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
    bad = [
        {"file": printable(path.relative_to(root).as_posix()), "problem": fact.problem}
        for path, fact in facts.items()
        if fact.problem
    ]
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


def _split(root, classes, facts, folders, shape):
    labelled = [(path, folders.index(name)) for name in sorted(classes) for path in classes[name] if path in facts]
    paths = [os.fspath(path) for path, _ in labelled]  # a third of a Path's memory
    digests = [facts[path].digest for path, _ in labelled]
    return Split(FileSource(paths, shape, digests, root), [label for _, label in labelled])


def _listing_sha256(root, facts):
    """SHA-256 of the lines ``sha256  relative/path`` in the order of the paths' bytes, as ``sha256sum`` prints them."""
    listing = hashlib.sha256()
    for name, digest in sorted(
        (os.fsencode(path.relative_to(root).as_posix()), fact.sha256) for path, fact in facts.items()
    ):
        listing.update(digest.encode() + b"  " + name + b"\n")
    return listing.hexdigest()
