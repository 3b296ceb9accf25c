"""Files that are whole or absent: checksums, and writing under a temporary name."""

import contextlib
import csv
import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
import zlib
from pathlib import Path

from .errors import EdgezooError
from .text import harmless

#: What it means that there is no space to write in.
_NO_SPACE = {
    errno.ENOSPC: "no space is left on its disk",
    errno.EDQUOT: "the quota on its disk is used up",
    errno.EFBIG: "files may not grow as large here (ulimit -f)",
}


def sha256(path):
    """Hex SHA-256 of a file's content; of a folder, that of the sorted lines ``SHA-256  NAME`` of the files in it."""
    path = Path(path)
    if path.is_dir():
        lines = sorted(f"{sha256(file)}  {file.relative_to(path)}\n" for file in _files_in(path))
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_bytes(path):
    """Size of a file, or of all files in a folder."""
    path = Path(path)
    return sum(map(size_bytes, _files_in(path))) if path.is_dir() else path.stat().st_size


def gzip_bytes(path):
    """Size of a file as ``gzip -9`` makes it, ``None`` for a folder: what an app's package or an update holds of it."""
    if Path(path).is_dir():
        return None
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)  # with gzip's header
    with open(path, "rb") as file:
        packed = sum(len(packer.compress(part)) for part in iter(lambda: file.read(1 << 20), b""))
    return packed + len(packer.flush())


def _files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def existing_file(path):
    """``Path(path)`` if it is a file with something in it, else an ``EdgezooError`` that says what it is."""
    path = Path(path)
    if not path.exists():
        raise EdgezooError(f"{path} does not exist.")
    if not path.is_file():
        raise EdgezooError(f"{path} is not a file.")
    if path.stat().st_size == 0:
        raise EdgezooError(f"{path} is empty.")
    return path


def read_small(path, most=1 << 24):
    """The content, ``bytes``, of a file that people or tools write by hand: labels, recipes, manifests.

    Raises:
        EdgezooError: it is missing, empty, no regular file, or has more than ``most`` bytes.
    """
    path = existing_file(path)
    if path.stat().st_size > most:
        raise EdgezooError(
            f"{path} has {path.stat().st_size:,} bytes; {most:,} are the most that such a file may have."
        )
    return path.read_bytes()


@contextlib.contextmanager
def naming_full_disk(path):
    """Where there is no space to write in, an ``EdgezooError`` names ``path``, whatever a library makes of it."""
    try:
        yield
    except EdgezooError:
        raise
    except Exception as error:
        if reason := _lack_of_space(error):
            raise EdgezooError(f"{path} cannot be written: {reason}; make room, or write to another disk.") from error
        raise


def _lack_of_space(error):
    """What kind of space is lacking according to an error or those that it came of; ``None`` if it is about others."""
    while error:
        for number, reason in _NO_SPACE.items():
            # HDF5 and TensorFlow have the system's words in messages of their own.
            if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
                return reason
        error = error.__cause__ or error.__context__
    return None


@contextlib.contextmanager
def replacing(path):
    """Yields a temporary path beside ``path``; on success it takes the place of ``path`` in one step.

    On an exception (Ctrl-C included) the temporary file goes and what was at ``path`` stays. The temporary name keeps
    the suffix, since Keras and Pillow choose the format by it. A killed process can leave a ``.tmp-…`` file behind,
    never a half-written ``path``.

    Raises:
        EdgezooError: there is no space for it.
    """
    path = Path(path)
    with naming_full_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".tmp-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            # mkstemp makes files private; the finished one gets what open() would have given it.
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            # On the disk before it has the name: after a power cut, too, the name leads to a whole file.
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def output_folder(path, purpose):
    """``Path(path)`` if it is a folder that can be written to, or can be made one.

    For asking before the work. Nothing is made yet, so that nothing is left of a failure.

    Raises:
        EdgezooError: it cannot; the message names ``purpose``, such as ``"the report"``.
    """
    path = Path(path)
    nearest = next(each for each in (path, *path.parents) if os.path.lexists(each))
    where = path if nearest == path else f"{path} cannot be made: {nearest}"
    if not nearest.is_dir():
        what = "is a file" if nearest.exists() else "is a link to nothing"
        raise EdgezooError(f"{where} {what}; give a folder for {purpose}.")
    try:
        with tempfile.TemporaryFile(dir=nearest):  # of no name where the system has such files
            writable = os.access(nearest, os.W_OK | os.X_OK)
            reason = os.strerror(errno.EACCES)
    except OSError as error:
        writable, reason = False, error.strerror
    if not writable:
        raise EdgezooError(f"{where} cannot be written to ({reason}); give another folder for {purpose}.")
    return path


def output_file(path, purpose):
    """``Path(path)`` if a file can be written there, as ``replacing`` does it; nothing is made yet.

    Raises:
        EdgezooError: it cannot; the message names ``purpose``, such as ``"the picture"``.
    """
    path = Path(path)
    if path.is_dir():
        raise EdgezooError(f"{path} is a folder; give the name of a file for {purpose}.")
    output_folder(path.parent, purpose)
    return path


def copy(source, target):
    """Writes the content of ``source`` to ``target`` in one step."""
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


def write_text(path, text):
    """Writes ``text`` (UTF-8) to ``path`` in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, document):
    """Writes ``document`` to ``path`` in one step."""
    write_text(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def csv_text(rows):
    """Rows, dicts with the same keys, as CSV below a line with the keys.

    A text that a spreadsheet would take for a formula, such as a class called ``=1+1``, gets an apostrophe before it.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value):
    if not isinstance(value, str):
        return value
    try:
        float(value)
    except ValueError:
        return "'" * value.startswith(("=", "+", "-", "@", "\t", "\r")) + harmless(value)
    return value
