"""Figures in plain words, and when two of them differ."""


def percent(row, key="top1", digits=1):
    """``"91.5 % (90.9–92.0)"``: a share of a row with its 95 % interval, in percent."""
    value, low, high = (100 * row[name] for name in (key, f"{key}_low", f"{key}_high"))
    return f"{value:.{digits}f} % ({low:.{digits}f}–{high:.{digits}f})"


def points(difference, digits=1):
    """``"5.3 points"``: a difference of shares, in percentage points."""
    return f"{100 * difference:.{digits}f} points"


def millions(macs):
    """``"4.15 million"``."""
    return f"{macs / 1e6:.3g} million"


def span(numbers):
    """``"41,446 to 103,417"``: from the least to the greatest."""
    return f"{min(numbers):,} to {max(numbers):,}"


def listed(items, separator=", "):
    """``"a, b and c"``."""
    *most, last = items
    return f"{separator.join(most)} and {last}" if most else last


def above(a, b, key="top1"):
    """Whether the 95 % interval of row ``a`` lies wholly above that of row ``b``."""
    return a[f"{key}_low"] > b[f"{key}_high"]


def apart(a, b, key="top1"):
    """Whether the 95 % intervals of two rows have nothing in common.

    Stricter than a test at 5 %: intervals of equally sure values that just touch are a difference at about 0.6 %.
    """
    return above(a, b, key) or above(b, a, key)


def best_and_rest(rows, key="top1"):
    """The row with the highest share, and the others in two lists: not apart from it, and clearly below it."""
    best = max(rows, key=lambda row: row[key])
    others = [row for row in rows if row is not best]
    return best, [row for row in others if not apart(best, row, key)], [row for row in others if apart(best, row, key)]
