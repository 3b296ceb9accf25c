"""``verify_bundle``: whether a bundle, anybody's, is as its manifest says, and answers as it did where it was made."""

import os
from pathlib import Path, PurePosixPath

from ..common.errors import EdgezooError
from ..common.files import read_small, sha256
from ..common.text import harmless, lines_of, printable
from ..runtime import Worker
from .bundle import LABELS, MANIFEST, facts_of, fit_in, pixels_in, read_manifest
from .golden import DOCUMENT, read_golden

#: Files that a bundle may list, and those beside them that are still counted.
_MOST_FILES = 10_000
#: Letters of a name in a bundle, with its folders.
_LONGEST = 200
#: What the manifest and the file itself both tell.
_FACTS = {
    "size": ("size_bytes",),
    "tensors": ("inputs", "outputs", "signatures"),
    "operators": ("operators",),
}


def verify_bundle(folder, golden=True):
    """Holds a bundle against its manifest, and its files against their golden answers.

    Nothing of it is run but its ``.tflite`` files, those by LiteRT in child processes.

    Args:
        folder: the bundle.
        golden: whether the golden answers are looked at; without them nothing is run.

    Returns:
        ``{"bundle", "checks", "notes", "failure"}``: ``checks`` are rows ``{"file", "name", "ok", "detail"}``, of
        which ``name`` is ``"place"``, ``"checksum"``, ``"size"``, ``"tensors"``, ``"operators"``, ``"labels"``,
        ``"made"``, ``"preprocessing"`` or ``"golden answers"``, and ``detail`` says what was found; ``notes`` are
        sentences on what is no fault; ``failure`` is ``None``, or a sentence on the first fault.

    Raises:
        EdgezooError: the folder is no bundle.
    """
    folder = Path(folder)
    manifest = manifest_in(folder)
    checks = [_checksum(folder, name, checksum) for name, checksum in manifest["files"].items()]
    sound = {row["file"] for row in checks if row["ok"]}
    pixels, fit = pixels_in(manifest), fit_in(manifest)
    if pixels and fit:
        says = f"has pixels of {pixels.text}, of pictures that {fit.text} the size"
    else:
        says = "says not how pictures get their size" if pixels else "has no pixels that can be read"
    checks.append(_row(MANIFEST, "preprocessing", pixels and fit, says))
    notes = _beside(folder, manifest["files"])
    for entry in manifest["models"]:
        if entry["file"] in sound and PurePosixPath(entry["file"]).name == entry["file"]:
            checks += _of_model(folder, entry, sound)
            if golden and checks[-1]["ok"]:
                checks += _golden(folder, entry, pixels, sound, notes)
        elif entry["file"] not in manifest["files"]:
            checks.append(_row(entry["file"], "checksum", False, "has none in the manifest"))
    faults = [row for row in checks if not row["ok"]]
    more = f" ({len(faults) - 1} more)" if faults[1:] else ""
    first = faults and f"{faults[0]['file']} {faults[0]['detail'].rstrip('.')}"
    failure = f"{folder} is not as its manifest says: {first}{more}." if faults else None
    return {"bundle": str(folder), "checks": checks, "notes": notes, "failure": failure}


def manifest_in(folder):
    """The manifest of a folder, which is a bundle.

    Raises:
        EdgezooError: it is none.
    """
    folder = Path(folder)
    if folder.is_file():
        raise EdgezooError(f"{folder} is a file; a bundle is the folder that `edgezoo export` writes.")
    if not (folder / MANIFEST).is_file():
        inside = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
        hint = f"those in it are {', '.join(inside)}" if inside else "`edgezoo export` makes one"
        raise EdgezooError(f"{folder} is no bundle, it has no {MANIFEST}; {hint}.")
    manifest = read_manifest(folder)
    if manifest is None:
        raise EdgezooError(f"{folder} is no bundle: its {MANIFEST} is damaged, or no manifest of edgezoo's.")
    if max(len(manifest["files"]), len(manifest["models"])) > _MOST_FILES:
        raise EdgezooError(f"{folder} is no bundle: its {MANIFEST} lists more than {_MOST_FILES:,} files.")
    return manifest


def _row(file, name, ok, detail):
    return {"file": printable(file)[:_LONGEST], "name": name, "ok": bool(ok), "detail": harmless(detail)}


def _checksum(folder, name, checksum):
    """Whether a file is there, in the folder itself, with the content that it had."""
    path = PurePosixPath(name)
    odd = not path.parts or len(name) > _LONGEST or "\0" in name or "\\" in name
    if odd or path.is_absolute() or ".." in path.parts:
        return _row(name, "place", False, "is no name of a file in it")
    places = [folder.joinpath(*path.parts[:count]) for count in range(1, len(path.parts) + 1)]
    try:
        if any(place.is_symlink() for place in places):
            return _row(name, "place", False, "is a link")
        if not places[-1].is_file():
            return _row(name, "checksum", False, "is missing")
        same = sha256(places[-1]) == checksum
    except OSError as error:
        return _row(name, "checksum", False, f"cannot be read: {error.strerror}")
    return _row(name, "checksum", same, "is as in the manifest" if same else "was changed")


def _beside(folder, listed):
    """A note on files that the manifest does not list."""
    others = []
    for place, _, names in os.walk(folder):
        relative = (Path(place, name).relative_to(folder).as_posix() for name in names)
        others += [name for name in relative if name not in listed and name != MANIFEST]
        if len(others) > _MOST_FILES:
            break
    if not others:
        return []
    more = f" and {len(others) - 1} more" if others[1:] else ""
    return [harmless(f"the manifest does not list {min(others)}{more}.")]


def _of_model(folder, entry, sound):
    """Checks of a ``.tflite`` file whose checksum is right."""
    file = entry["file"]
    try:
        facts = facts_of(folder / file)
    except EdgezooError as error:
        return [_row(file, "tensors", False, f"cannot be read: {error}")]
    checks = []
    for check, keys in _FACTS.items():
        other = [key for key in keys if entry.get(key) != facts.get(key)]
        detail = f"has other {' and '.join(other)}" if other else "is as in the manifest"
        checks.append(_row(file, check, not other, detail))
    if LABELS in sound:
        checks.append(_labels(folder, file, facts["outputs"][0]["shape"]))
    for part in ("compiled", "packaged"):
        if made := entry.get(part):
            checks.append(_made(file, made, sound))
    return checks


def _labels(folder, file, shape):
    try:
        count = len(lines_of(read_small(folder / LABELS)))
    except (EdgezooError, UnicodeDecodeError) as error:
        return _row(LABELS, "labels", False, f"cannot be read: {error}")
    outputs = shape[-1] if shape else 1
    names = max(outputs, 2)  # a single output stands for two classes
    return _row(file, "labels", count == names, f"has {outputs} outputs, and {LABELS} {count} names")


def _made(file, made, sound):
    """Whether what a compiler or packager made is there."""
    names = made.get("files") if isinstance(made, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        return _row(file, "made", False, "tells not what was made of it")
    lost = [name for name in names if name not in sound]
    return _row(file, "made", not lost, f"was made into {(lost or names)[0]}{', which is not there' * bool(lost)}")


def _golden(folder, entry, pixels, sound, notes):
    """Whether a file gives its golden answers here."""
    file = entry["file"]
    try:
        cases = read_golden(folder, entry) if DOCUMENT in sound else ()
        if not cases:
            notes.append(harmless(f"{file} has no golden answers; it was not run."))
            return []
        faults = []
        for case in cases:
            with Worker(folder / file, 1, case.images.shape[1:3], pixels) as worker:
                faults += case.faults(worker.predict(case.images))
    except EdgezooError as error:
        return [_row(file, "golden answers", False, f"cannot be held against them: {error}")]
    wrong = [fault for fault in faults if fault]
    detail = f"gives {len(faults) - len(wrong)} of {len(faults)} golden answers"
    return [_row(file, "golden answers", not wrong, f"{detail}; {wrong[0]}" if wrong else detail)]
