"""Panels, and points with error bars."""

import numpy as np

#: Okabe and Ito's palette, safe for the colour-blind, each with a marker of its own.
_LOOKS = (
    ("#0072B2", "o"),
    ("#D55E00", "s"),
    ("#009E73", "D"),
    ("#CC79A7", "^"),
    ("#E69F00", "v"),
    ("#56B4E9", "X"),
)
ACCURACY = "top-1 accuracy on test images, % (95 % interval)"
LATENCY = "latency of one image, int8, ms (p50; bar from p5 to p95)"


def panels(*labels):
    """A figure with axes side by side.

    Args:
        labels: (x label, y label) of each.

    Returns:
        ``(figure, list of axes)``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4 * len(labels), 4.6), dpi=150, layout="constrained")
    axes = figure.subplots(1, len(labels), squeeze=False)[0]
    for each, (x, y) in zip(axes, labels, strict=True):
        each.set_xlabel(x)
        each.set_ylabel(y)
        each.grid(color="#888888", alpha=0.25, linewidth=0.6)
        each.spines[["top", "right"]].set_visible(False)
    return figure, list(axes)


def draw_shares(axes, number, label, x, rows, key="top1", line="-"):
    """Shares of rows in percent, with their 95 % intervals.

    Args:
        axes: to draw on.
        number: of the series, for colour and marker.
        label: for the legend.
        x: place of each row.
        rows: with ``key``, ``key_low`` and ``key_high``.
        line: style of the line between the points; ``""`` for none.
    """
    values = [[100 * row[f"{key}{end}"] for row in rows] for end in ("_low", "", "_high")]
    _draw(axes, number, label, x, values, line)


def draw_latencies(axes, number, label, x, rows, line="-"):
    """Latencies of rows in milliseconds; arguments as for ``draw_shares``."""
    _draw(axes, number, label, x, [[row[f"{p}_ms"] for row in rows] for p in ("p5", "p50", "p95")], line)


def draw_numbers(axes, number, label, x, numbers):
    """Numbers without error bars; the other arguments as for ``draw_shares``."""
    _draw(axes, number, label, x, [numbers] * 3, "-")


def _draw(axes, number, label, x, values, line):
    low, middle, high = np.array(values)
    colour, marker = _LOOKS[number % len(_LOOKS)]
    bars = np.maximum([middle - low, high - middle], 0)  # rounding can leave an end of 100 % just inside
    axes.errorbar(
        x,
        middle,
        bars,
        label=label,
        color=colour,
        marker=marker,
        linestyle=line,
        markersize=6,
        linewidth=1.2,
        capsize=3,
    )


def name_places(axes, names):
    """Names instead of numbers at 0, 1, 2 … of the x axis."""
    axes.set_xticks(range(len(names)), names)
    axes.margins(x=0.12)
