"""What devices say, read as a stranger's: one place for what all kinds of them send."""

import math

import numpy as np

from ...common.text import one_line, printable

#: Numbers from here on a device cannot mean, and JSON does not carry whole.
_MOST = 2**53


def number_in(values, key, least=0, whole=False):
    """A finite number of at least ``least`` under a key of what was sent, or ``None`` where there is none."""
    value = values.get(key)
    fits = type(value) is int or (type(value) is float and not whole and math.isfinite(value))
    return value if fits and least <= value < _MOST else None


def times_in(values, runs):
    """Nanoseconds of at least so many runs, int64, out of what should be a list of them; ``None`` where it is none."""
    sound = isinstance(values, list) and len(values) >= runs
    if not sound or not all(type(value) is int and 0 <= value < _MOST for value in values):
        return None
    return np.array(values, np.int64)


def said_last(log, form="{}"):
    """The last line of a text that is not blank, printable and in a form; ``""`` where there is none."""
    lines = [line for line in log.splitlines() if line.strip()]
    return form.format(printable(one_line(lines[-1], 200))) if lines else ""
