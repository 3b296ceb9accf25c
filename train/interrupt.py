"""Ctrl-C as a request."""

import os
import signal
import threading


class CtrlC:
    """While entered, the first Ctrl-C only sets ``requested``; the second is a ``KeyboardInterrupt`` as ever.

    An exception that comes up in the middle of TensorFlow's own calls can crash the process, so training looks for the
    request between two steps. Handlers other than Python's own are left alone, and so is every thread but the main one.
    """

    def __init__(self):
        self.requested = False

    def __enter__(self):
        main = threading.current_thread() is threading.main_thread()
        self._installed = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._installed:
            signal.signal(signal.SIGINT, self._request)
        return self

    def _request(self, number, frame):
        self.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Not print: the signal may have come in the middle of one.
        os.write(2, b"\nstopping after this step; Ctrl-C again stops at once\n")

    def __exit__(self, *exception):
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
