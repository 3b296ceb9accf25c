"""Whether a bundle is as its manifest says."""

from pathlib import Path, PurePosixPath

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..common.text import printable
from ..export.bundle import MANIFEST, compiled_files, read_manifest

#: Letters of a name in a bundle, with its folders.
_LONGEST = 200


def verify_bundle(folder):
    """Holds a bundle against its manifest.

    Args:
        folder: of the bundle.

    Returns:
        ``{"bundle", "checks"}``: each check has ``file`` (a name in the bundle), ``name`` (of the check), ``ok`` and
        ``detail``.

    Raises:
        EdgezooError: it is no bundle.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    checks = [_check(folder, name, checksum) for name, checksum in manifest["files"].items()]
    for name in (name for entry in manifest["models"] for name in (entry["file"], *compiled_files(entry))):
        if name not in manifest["files"]:
            checks.append(_row(name, "checksum", "has none in the manifest"))
    return {"bundle": str(folder), "checks": checks}


def require_verified(document):
    """Raises an ``EdgezooError`` that names the first thing of a bundle that is wrong, and how many more there are."""
    wrong = [check for check in document["checks"] if not check["ok"]]
    if wrong:
        more = f" ({len(wrong) - 1} more)" if wrong[1:] else ""
        first = wrong[0]
        raise EdgezooError(
            f"{document['bundle']} is not as its manifest says: {first['file']} {first['detail']}{more}."
        )


def _manifest(folder):
    if folder.is_file():
        raise EdgezooError(f"{folder} is a file; a bundle is the folder that `edgezoo export` writes.")
    if not (folder / MANIFEST).is_file():
        inside = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
        hint = f"those in it are {', '.join(inside)}" if inside else "`edgezoo export` makes one"
        raise EdgezooError(f"{folder} is no bundle, it has no {MANIFEST}; {hint}.")
    manifest = read_manifest(folder)
    if manifest is None:
        raise EdgezooError(f"{folder / MANIFEST} is damaged, or no manifest of edgezoo's.")
    return manifest


def _check(folder, name, checksum):
    path = folder / name
    parts = PurePosixPath(name).parts
    if (
        not parts
        or len(name) > _LONGEST
        or PurePosixPath(name).is_absolute()
        or ".." in parts
        or "\0" in name
        or "\\" in name
    ):
        return _row(name, "place", "is no name of a file in it")
    if any(each.is_symlink() for each in (path, *list(path.parents)[: len(parts) - 1])):
        return _row(name, "place", "is a link")
    if not path.is_file():
        return _row(name, "checksum", "is missing")
    return _row(name, "checksum", None if sha256(path) == checksum else "was changed")


def _row(file, name, wrong):
    shown = printable(file)[:_LONGEST]
    return {"file": shown, "name": name, "ok": wrong is None, "detail": wrong or "is as in the manifest"}
