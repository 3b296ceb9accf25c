"""Errors that are meant for the user."""

import difflib


class EdgezooError(Exception):
    """Something the user can put right. The message is one line: what was wrong, and what to do.

    The command line prints it as ``Error: …`` and exits with 1; anything else that is raised is a bug of ours.

    Args:
        message: that line.
        details: the same for programs, JSON-able; it comes along from a child process.
    """

    def __init__(self, message, details=None):
        super().__init__(message)
        self.details = details


def is_lack_of_memory(error):
    """Whether an error is Python's or TensorFlow's for too little memory; the latter's class is not imported here."""
    return isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError"


class Interrupted(EdgezooError):
    """Work that Ctrl-C, SIGTERM or SIGHUP has stopped; what was done is kept, and the message says how to go on.

    The command line exits with 130.
    """


class UnknownName(EdgezooError, LookupError):
    """A name that is not in a known set; the message suggests the nearest ones.

    Args:
        kind: what the name is for, e.g. ``"model"``.
        name: what was asked for.
        known: all names that would have been accepted.
        remedy: what to do to see the choices, e.g. ``"`edgezoo list` shows them all"``.
    """

    def __init__(self, kind, name, known, remedy=""):
        near = difflib.get_close_matches(str(name), list(known), n=3, cutoff=0.5)
        meant = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
        super().__init__(
            f"unknown {kind} {name!r:.100}{meant}" + (f" {remedy[0].upper()}{remedy[1:]}." if remedy else "")
        )
