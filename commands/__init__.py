"""The commands of ``edgezoo``, one file each: it parses, calls the library and prints.

options.py   options that several commands share, and the types of their values
sizing.py    options on the size of images
output.py    a JSON document or tables for people

A new command is a file with a ``command``, and its name below.
"""

import importlib
from collections.abc import Mapping

#: In the order of the work, which is that of ``edgezoo --help``.
NAMES = (
    "list",
    "describe",
    "build",
    "datasets",
    "convert",
    "train",
    "compress",
    "export",
    "pack",
    "targets",
    "check",
    "evaluate",
    "benchmark",
    "compare",
    "deploy",
    "explain",
    "experiment",
    "doctor",
    "quickstart",
)


class Commands(Mapping):
    """Name → ``click.Command``; its module is imported when it is looked up."""

    def __getitem__(self, name):
        if name not in NAMES:
            raise KeyError(name)
        return importlib.import_module(f".{name}", __name__).command

    def __iter__(self):
        return iter(NAMES)

    def __len__(self):
        return len(NAMES)
