"""The child process that TensorFlow Lite Micro runs in: it ends its process where a file's numbers are odd."""

import os
import re

import numpy as np

from ....common.child import serve
from ....common.errors import EdgezooError
from ....common.quiet import quiet_import
from ....common.text import one_line

_TOTAL = re.compile(r"Arena allocation total (\d+) bytes")

#: Where in its sources a line comes from.
_PLACE = re.compile(r"^\S+\.(cc|h):\d+ ")


class _Server:
    """The child's side: answers for the file whose content the first request brings."""

    def __init__(self):
        self._tflm = quiet_import("tflite_micro").runtime
        self._content = self._interpreter = self._arena = None

    def __call__(self, request, array):
        match request["do"]:
            case "load":
                self._content, self._arena = array.tobytes(), None
                return {}
            case "allocate":
                return {"recorded": self._recorded(request["arena"])}
            case "infer":
                return {}, self._infer(request["arena"], array)
            case "try":
                self._try(request["arena"], request["types"])
                return {}

    def _allocate(self, arena):
        if self._arena == arena:
            return
        self._arena = self._interpreter = None  # the memory of the one before goes first
        start = _written()
        try:
            self._interpreter = self._tflm.Interpreter.from_bytes(self._content, arena_size=arena)
        except (RuntimeError, ValueError) as error:
            raise _failure(error, start) from error
        self._arena = arena

    def _recorded(self, arena):
        self._allocate(arena)
        start = _written()
        self._interpreter.print_allocations()
        return int(_TOTAL.search(_log(start))[1])

    def _infer(self, arena, tensors):
        self._allocate(arena)
        outputs = []
        for tensor in tensors:
            start = _written()
            try:
                self._interpreter.set_input(tensor[None], 0)
                self._interpreter.invoke()
                outputs.append(self._interpreter.get_output(0))
            except (RuntimeError, ValueError) as error:
                raise _failure(error, start) from error
        return np.stack(outputs)

    def _try(self, arena, types):
        """One inference; on ones, but for what may be places and sizes."""
        self._allocate(arena)
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
    """Bytes that were written to stderr so far: ``common.child`` gives its children a file for it."""
    return os.lseek(2, 0, os.SEEK_END)


def _log(start):
    return os.pread(2, _written() - start, start).decode("utf-8", "replace")


def _failure(error, start):
    """TFLM's own words, which it prints; the error itself says only that it has failed."""
    words = [" ".join(_PLACE.sub("", line).split()) for line in _log(start).splitlines() if line.strip()]
    return EdgezooError("; ".join(words[:3])[:300] or one_line(error, 300))


if __name__ == "__main__":
    serve(_Server())
