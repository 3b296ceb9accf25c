"""The plots of a report."""

import io
import itertools
import re

import numpy as np

from .column import short_names

#: Colour and marker of one number format after the other; Okabe and Ito's palette and then two of Tol's, both safe for
#: the colour-blind.
_STYLES = (
    ("#CC79A7", "*"),
    ("#0072B2", "o"),
    ("#56B4E9", "s"),
    ("#E69F00", "D"),
    ("#D55E00", "^"),
    ("#009E73", "v"),
    ("#F0E442", "P"),
    ("#332288", "<"),
    ("#882255", ">"),
)
_ANY_OTHER_FILE = ("#999999", "X")
#: Text and axes; as good as black, and so rare a colour that the page can put its own in its place.
_INK = "#010203"


def style(scheme):
    """``(colour, marker)`` of a number format; gray for one that is not known, and for ``None``."""
    from ..export import SCHEMES

    return dict(zip(("keras", *SCHEMES), itertools.cycle(_STYLES))).get(scheme, _ANY_OTHER_FILE)


def accuracy_plot(rows, against):
    """Top-1 accuracy against latency or size, every point labelled with its file.

    Args:
        rows: of :func:`~edgezoo.evaluate.tables.summary_rows`; those without accuracy or the other have no point.
        against: ``"latency"``, the median with a bar from p5 to p95 and one point for each thread count, or ``"size"``.

    Returns:
        A ``matplotlib`` figure; vertical bars are 95 % intervals.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, PercentFormatter, StrMethodFormatter

    latency = against == "latency"
    measure = "p50_ms" if latency else "size_bytes"
    rows = [row for row in rows if None not in (row["top1"], row[measure])]
    if not latency:  # the size of a file is the same with any number of threads
        rows = list({row["file"]: row for row in rows}.values())
    several = latency and len({row["threads"] for row in rows}) > 1
    labels = [
        short + (f", {row['threads']} threads" if several and row["threads"] > 1 else "")
        for short, row in zip(short_names([row["file"] for row in rows]), rows, strict=True)
    ]

    figure = Figure(figsize=(7.6, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    points, bars = [], []
    for row in rows:
        colour, marker = style(row["scheme"])
        x = row["p50_ms"] if latency else row["size_bytes"] / 1024
        y = 100 * row["top1"]
        # Where an end of a bar was not measured there is no bar.
        left, right = (x if end is None else end for end in ((row["p5_ms"], row["p95_ms"]) if latency else (x, x)))
        low, high = (y if end is None else 100 * end for end in (row["top1_low"], row["top1_high"]))
        axes.plot([left, right], [y, y], color=colour, linewidth=1, marker="|" if latency else None, markersize=4)
        axes.plot([x, x], [low, high], color=colour, linewidth=1, marker="_", markersize=4)
        axes.plot(x, y, color=colour, marker=marker, markersize=8)
        points.append((x, y))
        bars += [((left, y), (right, y)), ((x, low), (x, high))]
    axes.set_xscale("log")
    axes.margins(x=0.18, y=0.15)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter("")
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=None))
    axes.set_xlabel("latency of one image, ms (p50; bar from p5 to p95)" if latency else "size of the file, KiB")
    axes.set_ylabel("top-1 accuracy (95 % interval)")
    axes.grid(color="#888888", alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    for item in (axes.xaxis.label, axes.yaxis.label):
        item.set_color(_INK)
    axes.tick_params(which="both", colors=_INK)
    for spine in axes.spines.values():
        spine.set_color(_INK)
    figure.draw_without_rendering()
    _place_labels(axes, points, bars, labels)
    return figure


def svg(figure):
    """The figure as an ``<svg>`` element to put into a page: text stays text, ink takes the page's own colour."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edgezoo"}):
        figure.savefig(
            buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    element = buffer.getvalue()
    element = element[element.index("<svg") :].replace(_INK, "currentColor")
    # The names of groups repeat from figure to figure, and an id may be in a page only once; HTML knows the namespaces.
    return re.sub(r'(?<=<g) id="[^"]*"| xmlns(:xlink)?="[^"]*"', "", element)


def _place_labels(axes, points, bars, labels):
    """Puts each label near its point, where it covers no other label or point, and the fewest error bars.

    Greedy: of rings of places around the point the cheapest is taken, nearer ones first among equals.
    """
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    renderer = axes.figure.canvas.get_renderer()
    pixels = axes.transData.transform(points)
    frame = axes.get_window_extent()
    markers = [Bbox.from_extents(x - 7, y - 7, x + 7, y + 7) for x, y in pixels]
    bars = [Bbox(axes.transData.transform(bar)).padded(1) for bar in bars]

    def area(a, b):
        shared = Bbox.intersection(a, b)
        return shared.width * shared.height if shared else 0

    taken = []
    # From the outside in: points at the rim have the fewest places to go.
    centre = (frame.x0 + frame.x1) / 2
    for k in sorted(range(len(points)), key=lambda k: -abs(pixels[k][0] - centre)):
        text = axes.annotate(
            labels[k],
            points[k],
            xytext=(0, 0),
            textcoords="offset points",  # pixels would depend on the resolution of the file
            fontsize=8,
            color=_INK,
            ha="center",
            va="center",
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": "#888888", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4},
        )
        box = Text.get_window_extent(text, renderer)  # an annotation's own would count the leader line in
        best = None
        for radius, angle in itertools.product(range(14, 190, 12), np.arange(0, 2 * np.pi, np.pi / 8)):
            # Along x the label's own half width comes on top, so that its rim, not its middle, lies on the ring.
            dx = np.cos(angle) * (radius + box.width / 2)
            dy = np.sin(angle) * radius
            place = box.translated(pixels[k][0] + dx - (box.x0 + box.x1) / 2, pixels[k][1] + dy - (box.y0 + box.y1) / 2)
            outside = place.width * place.height - area(place, frame)
            covered = sum(area(place.padded(3), other) for other in [*taken, *markers])
            cost = 10 * (outside + covered) + sum(area(place, bar) for bar in bars) + radius
            if best is None or cost < best[0]:
                best = cost, (dx, dy), place
        text.set_position(np.array(best[1]) * 72 / axes.figure.dpi)
        taken.append(best[2])
