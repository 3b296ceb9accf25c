"""Ctrl-C as a request."""

import contextlib
import os
import signal

from ..common.interrupt import leave_dead_terminal, requests_handled


class CtrlC:
    """While entered, the first Ctrl-C only sets ``requested``; the second is a ``KeyboardInterrupt`` as ever.

    SIGTERM and SIGHUP are first ones, however often they come. An exception that comes up in the middle of TensorFlow's
    own calls can crash the process, so training looks for the request between two steps. Handlers of others are left
    alone, and so is every thread but the main one.
    """

    def __init__(self):
        self.requested = False

    def __enter__(self):
        self._handled = requests_handled(self._request)
        self._handled.__enter__()
        return self

    def _request(self, number, frame):
        leave_dead_terminal()
        if self.requested:
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            return
        self.requested = True
        with contextlib.suppress(OSError):
            # Not print: the signal may have come in the middle of one.
            os.write(2, b"\nstopping after this step; Ctrl-C again stops at once\n")

    def __exit__(self, *exception):
        self._handled.__exit__(*exception)
