"""The staging folder, in which files are made, on the file system of the bundle."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from ..common.files import naming_full_disk

# A name of its own: other ``.tmp-…`` in a folder belong to writers that know nothing of this lock.
_PREFIX = ".tmp-export-"
#: Where a staging folder keeps what is being replaced, by its name.
_BEFORE = "before"


@contextlib.contextmanager
def locked_staging(beside):
    """A temporary folder in ``beside``, removed at the end; what exports that were killed left there goes at the start.

    Whoever works in such a folder holds a lock on it, which ends with the process however that ends. A folder without
    one is therefore nobody's. Where the file system has no locks nothing is cleared. What ``swap`` was interrupted in
    replacing is put back first, in both cases.

    Args:
        beside: ``Path`` of a folder; made if it does not exist.

    Raises:
        EdgezooError: there is no space for what is written there; it is raised for what the caller writes, too.
    """
    with contextlib.ExitStack() as locks:
        locks.enter_context(naming_full_disk(beside))
        locks.enter_context(_gone_if_empty(beside))
        # No other export clears between the making of the folder and its lock.
        with _locked(beside, fcntl.LOCK_EX):
            for left_behind in beside.glob(f"{_PREFIX}*"):
                with _locked(left_behind, fcntl.LOCK_EX | fcntl.LOCK_NB) as nobodys:
                    if nobodys:
                        _clear(left_behind)
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=beside))
            locks.enter_context(_locked(folder, fcntl.LOCK_EX))
        try:
            yield folder
        finally:
            _clear(folder)


def swap(staged, folder, staging):
    """Puts a folder in the place of another, which goes with the staging folder.

    Where it ends between the two steps, ``locked_staging`` puts the old one back: at its end, or, after a process that
    was killed, when it is begun again.

    Args:
        staged: ``Path`` of the new one.
        folder: ``Path`` of the old one, in the folder that ``staging`` is in.
        staging: what ``locked_staging`` gave.
    """
    before = staging / _BEFORE
    before.mkdir(exist_ok=True)
    os.rename(folder, before / folder.name)
    os.rename(staged, folder)


def _clear(staging):
    """Removes a staging folder, and puts back what was replaced by nothing."""
    for before in (staging / _BEFORE).glob("*"):
        if not os.path.lexists(place := staging.parent / before.name):
            os.rename(before, place)
    shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def _gone_if_empty(folder):
    """Makes a folder, and those that it is in; where nothing has come into them in the end, they go again."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            for each in made:
                each.rmdir()


@contextlib.contextmanager
def _locked(folder, operation):
    """Locks a folder as ``fcntl.flock`` does, and yields whether that worked; not if the folder has just gone."""
    with contextlib.ExitStack() as opened:
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            opened.callback(os.close, descriptor)
            fcntl.flock(descriptor, operation)
            locked = True
        except OSError:
            locked = False
        yield locked
