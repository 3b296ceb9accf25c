"""Requests to end: Ctrl-C, SIGTERM (from ``timeout``, Docker, a scheduler), SIGHUP (from a terminal that is closed)."""

import contextlib
import errno
import os
import signal
import termios
import threading
import time

#: Exit status of a command that was interrupted, as shells have it for Ctrl-C.
EXIT_STATUS = 130
#: Seconds in which further signals are the same request: ``timeout`` sends its own twice.
_SAME_REQUEST = 1.0
_last_request = -_SAME_REQUEST


@contextlib.contextmanager
def requests_handled(handler, numbers=(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)):
    """While entered, ``handler(number, frame)`` gets the requests to end that would end the program.

    What is ignored stays ignored, as SIGHUP under ``nohup``; handlers of others stay; and so does everything outside
    the main thread, which alone can have handlers.
    """
    replaceable = {
        signal.SIGINT: (signal.default_int_handler,),
        signal.SIGTERM: (signal.SIG_DFL, _interrupt),
        signal.SIGHUP: (signal.SIG_DFL, _interrupt),
    }
    before = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in numbers:
                if signal.getsignal(number) in replaceable[number]:
                    before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def terminating_as_ctrl_c():
    """A context in which SIGTERM and SIGHUP raise ``KeyboardInterrupt``, so that files are left in order."""
    return requests_handled(_interrupt, (signal.SIGTERM, signal.SIGHUP))


def _interrupt(number, frame):
    global _last_request
    leave_dead_terminal()
    before, _last_request = _last_request, time.monotonic()
    if _last_request - before >= _SAME_REQUEST:
        raise KeyboardInterrupt


def leave_dead_terminal():
    """Output to a terminal that was closed goes nowhere; it would be an error wherever something is printed."""
    for descriptor in (1, 2):
        try:
            termios.tcgetattr(descriptor)
        except termios.error as error:  # no terminal at all, or one that is gone
            if error.args[0] == errno.EIO:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
