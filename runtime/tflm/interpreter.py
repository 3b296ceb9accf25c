"""TensorFlow Lite Micro's own interpreter, in a child process, and the memory that it takes."""

import numpy as np

from ...common import child
from ...common.child import Child, ChildDied
from ...common.errors import EdgezooError
from .model import AMPLE
from .runner import RUNTIME

#: Bytes that TFLM aligns its arena to.
ALIGNMENT = 16


class Interpreter:
    """TFLM with one file, for use in a ``with``.

    Every method raises ``EdgezooError`` with TFLM's own words where it fails. Where TFLM ends its process, which it
    does by ``abort``, the next call starts another one.

    Args:
        content: of a ``.tflite`` file, ``bytes``.

    Raises:
        EdgezooError: tflite-micro is not installed.
    """

    def __init__(self, content):
        RUNTIME.require()
        self._content = np.frombuffer(content, np.uint8)
        self._child = None

    def load(self, content):
        """Goes on with another file; a process takes longer to start than most files to run."""
        self._content = np.frombuffer(content, np.uint8)
        if self._child:
            self._child.ask({"do": "load"}, self._content)

    def allocate(self, arena=AMPLE):
        """Places all tensors in an arena of so many bytes; returns the bytes of it that TFLM records as used."""
        return self._ask({"do": "allocate", "arena": arena})[0]["recorded"]

    def infer(self, tensors, arena=AMPLE):
        """Answers, [n, *output], to n input tensors [n, H, W, C], both in the types of the file."""
        return self._ask({"do": "infer", "arena": arena}, tensors)[1]

    def try_once(self, types):
        """One inference of any file; ``types`` are those of its inputs."""
        self._ask({"do": "try", "types": types})

    def works(self, arena):
        """Whether an arena of so many bytes is enough."""
        try:
            self.allocate(arena)
        except EdgezooError:
            return False
        return True

    def smallest_arena(self):
        """The smallest arena that works, found by bisection: bytes, a multiple of ``ALIGNMENT``."""
        too_small, enough = 0, -(-self.allocate() // ALIGNMENT)
        while not self.works(enough * ALIGNMENT):
            too_small, enough = enough, 2 * enough
        while enough - too_small > 1:
            middle = (too_small + enough) // 2
            if self.works(middle * ALIGNMENT):
                enough = middle
            else:
                too_small = middle
        return enough * ALIGNMENT

    def _ask(self, message, array=None):
        if self._child is None:
            self._child = Child(f"{__package__}.process")
            self._child.ask({"do": "load"}, self._content)
        try:
            return self._child.ask(message, array, child.PATIENCE * (1 if array is None else len(array)))
        except ChildDied as death:
            self.close()
            said = f" ({death.last_words})" if death.last_words else ""
            raise EdgezooError(f"its process {death.how}{said}") from death

    def close(self):
        """Ends the child; safe to call again."""
        if self._child:
            self._child.close()
            self._child = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()
