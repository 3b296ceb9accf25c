"""What was measured on devices before a command ended early, so that the same command goes on from there."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

from ..common.environment import version
from ..common.files import replacing

#: The folder of a report that has it, until the report is whole.
FOLDER = "unfinished"


class Unfinished:
    """Measurements by what they are of, in a folder.

    Args:
        folder: ``Path``, made when there is something to keep; ``None`` keeps nothing.
    """

    def __init__(self, folder=None):
        self._folder = folder

    def get(self, **key):
        """``(record, array)`` of a measurement that was kept under these JSON-able facts, or ``None``."""
        try:
            with np.load(self._path(key), allow_pickle=False) as kept:
                return json.loads(str(kept["record"])), kept["array"]
        except Exception:  # there is none, or it is damaged in one of many ways: it is measured again
            return None

    def put(self, record, array, **key):
        """Keeps a measurement: a JSON-able dict, and an array of numbers."""
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._path(key)) as new, open(new, "wb") as file:
                np.savez(file, record=np.array(json.dumps(record)), array=array)

    def remove(self):
        """Removes all of it: the command has come to its end."""
        if self._folder and self._folder.is_dir() and not self._folder.is_symlink():
            shutil.rmtree(self._folder)

    def _path(self, key):
        if self._folder is None:
            raise FileNotFoundError
        facts = json.dumps({**key, "edgezoo": version("edgezoo")}, sort_keys=True, default=str)
        return Path(self._folder, f"{hashlib.sha256(facts.encode()).hexdigest()[:24]}.npz")
