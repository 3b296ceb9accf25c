"""The plots of a report."""

import io
import itertools
import re
import warnings

import numpy as np

from .column import short_names
from .pareto import frontier

#: Colour and marker of one number format after the other; Okabe and Ito's palette and then four of Tol's, both safe for
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
    ("#44AA99", "p"),
    ("#AA4499", "h"),
)
_ANY_OTHER_FILE = ("#999999", "X")
#: Text and axes; as good as black, and so rare a colour that the page can put its own in its place.
_INK = "#010203"
#: What stands out too little from one of the page's two backgrounds: the colour on light and on dark paper instead.
ON_PAPER = {
    "#F0E442": ("#A39A00", "#F0E442"),
    "#332288": ("#332288", "#8F80E6"),
    "#882255": ("#882255", "#D0699B"),
}
#: What accuracy is drawn against: the key of a row, what it is divided by, and the axis' label.
_AGAINST = {
    "latency": ("p50_ms", 1, "latency of one image, ms (p50; bar from p5 to p95)"),
    "size": ("size_bytes", 1024, "size of the file, KiB"),
    "cycles": ("cycles", 1000, "thousand cycles of an Arm Ethos-U, as Vela estimates them"),
}


def style(scheme):
    """``(colour, marker)`` of a number format; gray for one that is not known, and for ``None``."""
    from ..export import SCHEMES

    return dict(zip(("keras", *SCHEMES), itertools.cycle(_STYLES))).get(scheme, _ANY_OTHER_FILE)


def on_page(colour):
    """A colour of ``style`` as CSS; the page sets the properties that ``ON_PAPER`` is about."""
    return f"var(--{colour[1:]})" if colour in ON_PAPER else colour


def accuracy_plot(rows, against, size=(7.6, 4.6)):
    """Top-1 accuracy against what it costs, every point labelled with its file, the Pareto frontier dashed.

    Args:
        rows: of :func:`~edgezoo.evaluate.tables.summary_rows`; those without accuracy or the other have no point.
        against: ``"latency"``, the median with a bar from p5 to p95 and one point for each thread count; ``"size"`` of
            the file; or ``"cycles"``.
        size: of the figure, (width, height) in inches.

    Returns:
        A ``matplotlib`` figure; vertical bars are 95 % intervals.
    """
    from matplotlib.ticker import PercentFormatter

    latency = against == "latency"
    measure, unit, label = _AGAINST[against]
    rows = [row for row in rows if None not in (row["top1"], row[measure])]
    if not latency:  # all else is the same with any number of threads
        rows = list({row["file"]: row for row in rows}.values())

    figure, axes = _figure(size)
    points, bars = [], []
    for row in rows:
        colour, marker = style(row["scheme"])
        x = row[measure] / unit
        y = 100 * row["top1"]
        # Where an end of a bar was not measured there is no bar.
        left, right = (x if end is None else end for end in ((row["p5_ms"], row["p95_ms"]) if latency else (x, x)))
        low, high = (y if end is None else 100 * end for end in (row["top1_low"], row["top1_high"]))
        axes.plot([left, right], [y, y], color=colour, linewidth=1, marker="|" if latency else None, markersize=4)
        axes.plot([x, x], [low, high], color=colour, linewidth=1, marker="_", markersize=4)
        axes.plot(x, y, color=colour, marker=marker, markersize=8, markeredgecolor=_INK, markeredgewidth=0.6)
        points.append((x, y))
        bars += [(left, y, right, y), (x, low, x, high)]
    if best := frontier((y, x) for x, y in points):
        y, x = zip(*best, strict=True)
        # As far right as the dearest: whatever is below the line is dominated.
        x, y = [*x, max(x for x, _ in points)], [*y, y[-1]]
        bars += zip(x[:-1], y[:-1], x[1:], y[:-1], strict=True)
        (line,) = axes.step(
            x, y, where="post", color=_INK, alpha=0.6, linestyle="--", linewidth=0.8, zorder=1, label="Pareto frontier"
        )
        figure.legend(handles=[line], loc="outside upper right", fontsize=8, frameon=False, labelcolor=_INK)
    axes.margins(x=0.18, y=0.15)
    axes.yaxis.set_major_formatter(PercentFormatter(decimals=None))
    axes.set_xlabel(label)
    axes.set_ylabel("top-1 accuracy (95 % interval)")
    _set_ticks(axes)
    figure.draw_without_rendering()
    if points:
        _place_labels(axes, np.array(points), np.array(bars), _labels(rows, latency))
    return figure


def latency_plot(rows, timings):
    """How long inferences took: one violin a file and thread count, all on one logarithmic axis.

    Args:
        rows: of :func:`~edgezoo.evaluate.tables.summary_rows`.
        timings: of each row what :func:`~edgezoo.evaluate.latency.summarize` gives.

    Returns:
        A ``matplotlib`` figure. The first row is at the top; a bar goes from p5 to p95, the median is a white dot, and
        a thin line goes from the fastest run to p99. The slowest is told in words: it would stretch the axis.
    """
    figure, axes = _figure((5.0, 0.8 + 0.48 * len(rows)))
    for place, (row, label, times) in enumerate(zip(rows, _labels(rows, True), timings, strict=True)):
        colour, _ = style(row["scheme"])
        axes.fill_between(*_violin(times["quantiles"], place), color=colour, alpha=0.5, linewidth=0)
        axes.plot([times["min"], times["p99"]], [place, place], color=colour, linewidth=0.8, marker="|", markersize=5)
        axes.plot([times["p5"], times["p95"]], [place, place], color=colour, linewidth=3, solid_capstyle="butt")
        axes.plot(times["p50"], place, "o", color="white", markersize=4, markeredgecolor=_INK, markeredgewidth=0.8)
        axes.annotate(
            f"{label}, slowest: {times['max']:.3g} ms",
            (0, place - 0.34),
            xycoords=("axes fraction", "data"),
            fontsize=8,
            color=_INK,
            parse_math=False,
        )
    axes.set_ylim(len(rows) - 0.5, -0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("latency of one image, ms")
    _set_ticks(axes)
    return figure


def classes_plot(results, names, classes):
    """Accuracy by class: for each a group of bars, one a file, with 95 % intervals.

    Args:
        results: of :func:`~edgezoo.evaluate.accuracy.evaluate_files`.
        names: of the results, for the legend.
        classes: numbers of the classes to show, the first at the top; each has images.

    Returns:
        A ``matplotlib`` figure; bars of a class are in the order of the results.
    """
    from matplotlib.ticker import PercentFormatter

    # A line for each bar and a gap behind each class; of many, what fits on two screens.
    each = min(0.1 * len(results) + 0.14, max(12 / len(classes), 0.16))
    figure, axes = _figure((5.0, 0.9 + 0.16 * len(results) + each * len(classes)), scale="linear")
    width = 0.8 / len(results)
    for number, result in enumerate(results):
        rows = [result["per_class"][k] for k in classes]
        shares = 100 * np.array([row["accuracy"] for row in rows])
        reach = np.abs(100 * np.array([row["accuracy_ci95"] for row in rows]).T - shares)
        axes.barh(
            np.arange(len(rows)) + (number - (len(results) - 1) / 2) * width,
            shares,
            0.9 * width,
            color=style(result["scheme"])[0],
            xerr=reach,
            error_kw={"ecolor": _INK, "elinewidth": 0.7, "alpha": 0.7},
            label=f"{number + 1}. {_cut(names[number][::-1], 52)[::-1]}",
        )
    labels = [_cut(row["class"]) for row in rows]
    axes.set_yticks(np.arange(len(rows)), labels, parse_math=False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.grid(axis="y", visible=False)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    axes.set_xlabel("share of right answers (95 % interval)")
    legend = figure.legend(loc="outside upper left", fontsize=8, frameon=False, labelcolor=_INK)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _cut(name, most=24):
    """The beginning of a long name."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _figure(size, scale="log"):
    """An empty figure and its axes, by default logarithmic to the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import StrMethodFormatter

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_xscale(scale)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter("")
    axes.grid(color="#888888", alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    for item in (axes.xaxis.label, axes.yaxis.label):
        item.set_color(_INK)
    axes.tick_params(which="both", colors=_INK)
    for spine in axes.spines.values():
        spine.set_color(_INK)
    return figure, axes


def _set_ticks(axes):
    """Gives the logarithmic axis as many round numbers as there is room for, now that its limits are known."""
    from matplotlib.ticker import LogLocator, MaxNLocator

    left, right = axes.get_xlim()
    if right < 5 * left:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if right < 500 * left else (1,)))


def _labels(rows, timed):
    """Short names of files, with the device and the number of threads where there are several."""
    several = timed and len({row["threads"] for row in rows}) > 1
    devices = timed and len({row.get("device") for row in rows}) > 1
    return [
        short
        + (f" on {row['device']}" if devices else "")
        + f", {row['threads']} threads" * (several and row["threads"] > 1)
        for short, row in zip(short_names([row["file"] for row in rows]), rows, strict=True)
    ]


def _violin(quantiles, place):
    """(x, lower y, upper y) of a violin at a height of ``place``: a Gaussian kernel density of the logarithms.

    The bandwidth is Silverman's (1986, eq. 3.31), which a long tail does not widen.
    """
    logs = np.log(quantiles)
    spread = np.std(logs)
    quartiles = np.subtract(*np.quantile(logs, (0.75, 0.25))) / 1.34
    width = 0.9 * (min(spread, quartiles) or spread or 1e-3) * len(logs) ** -0.2
    x = np.linspace(logs[0], logs[-1], 200)
    density = np.exp(-0.5 * ((x[:, None] - logs) / width) ** 2).sum(axis=1)
    half = 0.25 * density / density.max()
    return np.exp(x), place - half, place + half


def svg(figure):
    """The figure as an ``<svg>`` element to put into a page: text stays text, ink takes the page's own colour."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edgezoo"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's fonts have them, or not
        figure.savefig(
            buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    element = buffer.getvalue()
    element = element[element.index("<svg") :].replace(_INK, "currentColor")
    for colour in ON_PAPER:
        element = element.replace(colour.lower(), on_page(colour))
    # The names of groups repeat from figure to figure, and an id may be in a page only once; HTML knows the namespaces.
    return re.sub(r'(?<=<g) id="[^"]*"| xmlns(:xlink)?="[^"]*"', "", element)


def _place_labels(axes, points, bars, labels):
    """Puts each label near its point, where it covers no other label or point, and the fewest error bars.

    Greedy: of rings of places around the point the cheapest is taken, nearer ones first among equals.

    Args:
        axes: drawn, with the scales that they keep.
        points: float [n, 2], x and y in the axes' own units.
        bars: float [m, 4], x and y of both ends of a bar.
        labels: n texts.
    """
    from matplotlib.text import Text

    renderer = axes.figure.canvas.get_renderer()
    pixels = axes.transData.transform(points)
    bars = axes.transData.transform(bars.reshape(-1, 2)).reshape(-1, 4) + np.array([-1, -1, 1, 1])
    frame = np.array([axes.get_window_extent().extents])
    taken = np.hstack([pixels - 7, pixels + 7])  # the markers
    radii, angles = (
        grid.ravel() for grid in np.meshgrid(range(14, 190, 12), np.arange(0, 2 * np.pi, np.pi / 8), indexing="ij")
    )
    # From the outside in: points at the rim have the fewest places to go.
    for k in np.argsort(-np.abs(pixels[:, 0] - frame[0, ::2].mean()), kind="stable"):
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
        # Along x the label's own half width comes on top, so that its rim, not its middle, lies on the ring.
        offsets = np.stack([np.cos(angles) * (radii + box.width / 2), np.sin(angles) * radii], axis=1)
        middles = pixels[k] + offsets
        half = np.array([box.width, box.height]) / 2
        places = np.hstack([middles - half, middles + half])
        outside = box.width * box.height - _shared(places, frame)
        covered = _shared(places + np.array([-3, -3, 3, 3]), taken)
        best = np.argmin(10 * (outside + covered) + _shared(places, bars) + radii)
        text.set_position(offsets[best] * 72 / axes.figure.dpi)
        taken = np.vstack([taken, places[best]])


def _shared(boxes, others):
    """float [n]: the area that each of n boxes shares with all the others; boxes are rows of x0, y0, x1, y1."""
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    return np.prod(np.clip(high - low, 0, None), axis=2).sum(axis=1)
