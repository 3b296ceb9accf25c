"""Numbers as people read them."""


def percent(value, digits=2):
    """``0.9213`` as ``"92.13 %"``."""
    return f"{100 * value:.{digits}f} %"


def count(value):
    """``1266240`` as ``"1,266,240"``."""
    return f"{value:,}"


def milliseconds(value):
    """Three digits, and whole milliseconds above 100."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def kib(value):
    """Bytes in KiB, ``"1,236.6"``."""
    return f"{value / 1024:,.1f}"


def mib(value):
    """Bytes in whole MiB."""
    return f"{value / 2**20:.0f}"


def share_with_interval(values, digits=2):
    """A share and both ends of its interval, ``"92.13 % [91.63, 92.63]"``; the ends may be ``None``."""
    share, low, high = values
    ends = "" if low is None else f" [{100 * low:.{digits}f}, {100 * high:.{digits}f}]"
    return percent(share, digits) + ends
