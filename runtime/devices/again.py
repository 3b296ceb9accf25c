"""A connection that breaks off is made again, and what was measured before it broke is not measured twice."""

import time

from ...common.errors import EdgezooError
from ...common.progress import note

#: Seconds after which a device is called again whose connection has broken off.
WAITS = (1, 3, 10)


class ConnectionCut(Exception):
    """A connection that ended in the middle; what the device has measured is still there."""


class Unreachable(EdgezooError):
    """There is no way to the device, at least for now."""


def again(attempt):
    """What ``attempt`` returns, which is called once more wherever the connection was cut off.

    Raises:
        EdgezooError: the connection was cut off each time, or whatever else ``attempt`` raises.
    """
    cut = None
    for wait in (*WAITS, None):
        try:
            return attempt()
        except ConnectionCut as error:
            cut = error
        except Unreachable:
            if cut is None:
                raise
        if wait is not None:
            note(f"{cut}; connecting again in {wait} s.")
            time.sleep(wait)
    raise EdgezooError(f"{cut}; what it has measured it keeps, and the same command goes on there.") from cut
