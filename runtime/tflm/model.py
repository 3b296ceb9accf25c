"""A ``.tflite`` file in TensorFlow Lite Micro, in this process, which TFLM ends where a file's numbers are odd."""

import os
import re

import numpy as np

from ...common.errors import EdgezooError
from ...common.quiet import quiet_import
from ...common.text import one_line

#: Bytes of memory that are never short; what is not used of them costs nothing.
AMPLE = 1 << 28

_TOTAL = re.compile(r"Arena allocation total (\d+) bytes")

#: Where in its sources a line comes from.
_PLACE = re.compile(r"^\S+\.(cc|h):\d+ ")


class Model:
    """TFLM with one file. Where it fails, methods raise ``EdgezooError``.

    TFLM prints its reasons to stderr. They are in the message if that is a file, as it is in the children of
    ``common.child``; elsewhere they are seen there.

    Args:
        content: of a ``.tflite`` file, ``bytes``.
    """

    def __init__(self, content):
        self._tflm = quiet_import("tflite_micro").runtime
        self._content, self._interpreter, self._arena = content, None, None

    def allocate(self, arena=AMPLE):
        """Places all tensors in an arena of so many bytes, if they are not in one of that size."""
        if self._arena == arena:
            return
        self._arena = self._interpreter = None  # the memory of the one before goes first
        start = _written()
        try:
            self._interpreter = self._tflm.Interpreter.from_bytes(self._content, arena_size=arena)
        except (RuntimeError, ValueError) as error:
            raise _failure(error, start) from error
        self._arena = arena

    def recorded(self, arena):
        """Bytes of an arena of that size that TFLM records as used; stderr must be a file."""
        self.allocate(arena)
        start = _written()
        self._interpreter.print_allocations()
        return int(_TOTAL.search(_log(start))[1])

    def infer(self, tensors, arena=AMPLE):
        """Answers, [n, *output], to n input tensors [n, H, W, C], both in the types of the file."""
        self.allocate(arena)
        outputs, start = [], _written()
        for tensor in tensors:
            try:
                self._interpreter.set_input(tensor[None], 0)
                self._interpreter.invoke()
                outputs.append(self._interpreter.get_output(0))
            except (RuntimeError, ValueError) as error:
                raise _failure(error, start) from error
        return np.stack(outputs)

    def try_once(self, types, arena=AMPLE):
        """One inference of any file, whose inputs have these types; on ones, but for what may be places and sizes."""
        self.allocate(arena)
        start = _written()
        try:
            for index, dtype in enumerate(types):
                shape = self._interpreter.get_input_details(index)["shape"]
                fill = np.zeros if dtype in ("int32", "int64") else np.ones
                self._interpreter.set_input(fill(shape, dtype), index)
            self._interpreter.invoke()
        except (RuntimeError, ValueError, TypeError) as error:
            raise _failure(error, start) from error


def _written():
    """Bytes that were written to stderr so far, if that is a file."""
    try:
        return os.lseek(2, 0, os.SEEK_END)
    except OSError:
        return 0


def _log(start):
    try:
        return os.pread(2, _written() - start, start).decode("utf-8", "replace")
    except OSError:
        return ""


def _failure(error, start):
    """TFLM's own words, which it prints; the error itself says only that it has failed."""
    words = [" ".join(_PLACE.sub("", line).split()) for line in _log(start).splitlines() if line.strip()]
    return EdgezooError("; ".join(words[:3])[:300] or one_line(error, 300))
