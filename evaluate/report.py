"""The page that shows a comparison: one file, nothing in it points outside, and its one script only sorts tables."""

import base64
import functools
import hashlib
import itertools
import re
from importlib import resources

from ..common.text import harmless
from .by_class import MOST, shown_classes
from .column import names_of, on_several_devices
from .columns import pair_with_float
from .examples import EXAMPLES, thumbnails
from .plots import ON_PAPER, accuracy_plot, classes_plot, latency_plot, on_page, style, svg
from .report_targets import placement_tables
from .tables import cells
from .texts import count, percent

#: Above this many classes a confusion matrix is no longer readable; the most frequent confusions are listed instead.
MATRIX_UP_TO = 30
LISTED_CONFUSIONS = 20
#: Of so many pairs of files images are shown; more would make a page of many megabytes.
SHOWN_PAIRS = 6
#: (width, height) in inches: two side by side on a desktop, and still to be read on a phone.
PLOT_SIZE = (5.0, 4.4)


def render_html(document, rows, images):
    """The page as text.

    Args:
        document: of :func:`~edgezoo.evaluate.compare.compare_files`.
        rows: its :func:`~edgezoo.evaluate.tables.summary_rows`.
        images: ``Split`` that the files were evaluated on, for pictures of some images.
    """
    from markupsafe import Markup

    results = document["results"]
    names = names_of(document)
    devices = document["devices"] if on_several_devices(document) else ()
    differing, (weakest, of) = _compared_pairs(document), shown_classes(document)
    script = (resources.files(__package__) / "report.js").read_text(encoding="utf-8")
    return _template().render(
        document=document,
        class_names=document["dataset"]["class_names"],
        names=names,
        named={(result["file"], result["device"]): name for result, name in zip(results, names, strict=True)},
        devices=devices,
        # Kinds of devices tell different things of themselves.
        facts=[key for key in dict.fromkeys(itertools.chain(*devices)) if key != "device"],
        colours=[on_page(style(row["scheme"])[0]) for row in rows],
        optimal=[row["pareto"] for row in rows],
        tables={view: cells(document, view) for view in ("report", "report_pairs", "files", "targets")},
        placements=placement_tables(document),
        plots=[(title, Markup(svg(figure)), caption) for title, figure, caption in _plots(results, rows)],
        by_class=Markup(svg(classes_plot(results, names, weakest))),
        weakest=MOST if len(weakest) < of else None,
        differing=differing,
        pictures=thumbnails(images, sorted({each["index"] for pair in differing for each in pair["examples"]})),
        most=EXAMPLES,
        matrices=len(document["dataset"]["class_names"]) <= MATRIX_UP_TO,
        confusions=[_most_confused(result) for result in results],
        style=Markup(_style()),
        script=Markup(script),
        policy=_policy(script),
    )


def _plots(results, rows):
    """Yields (title, figure, caption)."""
    frontier = "Dashed: the Pareto frontier. What lies below it is beaten by a file on it."
    yield "Accuracy against latency", accuracy_plot(rows, "latency", PLOT_SIZE), frontier
    yield "Accuracy against size", accuracy_plot(rows, "size", PLOT_SIZE), frontier
    # A device that was lost between its answers and its times has none of these.
    timings = [timed["latency_ms"] for result in results for timed in result["benchmarks"]]
    timed = [row for row in rows if row["init_ms"] is not None]
    # benchmark_model of a phone tells no distribution.
    told = [(row, times) for row, times in zip(timed, timings, strict=True) if times["quantiles"]]
    yield (
        "Distribution of latency",
        latency_plot([row for row, _ in told], [times for _, times in told]),
        "How often which latency occurred. Dot: the median; bar: p5 to p95; line: the fastest run to p99.",
    )


def _compared_pairs(document):
    """The pairs whose images are shown: each file with its float reference, or else any two; with images, not many."""
    pairs = [pair_with_float(result, document) for result in document["results"]]
    pairs = [pair for pair in pairs if pair] or document["pairs"]
    return [pair for pair in pairs if pair["examples"]][:SHOWN_PAIRS]


def _style():
    """The style sheet, with the plots' colours on light and on dark paper."""
    light, dark = ("".join(f"--{name[1:]}: {pair[k]}; " for name, pair in ON_PAPER.items()) for k in (0, 1))
    colours = f":root {{ {light}}}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    return colours + (resources.files(__package__) / "report.css").read_text(encoding="utf-8")


def _policy(script):
    """The page's Content-Security-Policy: nothing is loaded, and nothing runs but this script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _breakable(text):
    """A file's name that may be broken behind its slashes, dots, dashes and underscores."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"([/._-])", r"\1<wbr>", str(escape(text))))


def _most_confused(result):
    """(images, true class, answer) of the most frequent wrong answers."""
    names = [row["class"] for row in result["per_class"]]
    wrong = [
        (count, names[i], names[j])
        for i, line in enumerate(result["confusion"])
        for j, count in enumerate(line)
        if i != j and count
    ]
    return sorted(wrong, key=lambda entry: -entry[0])[:LISTED_CONFUSIONS]


@functools.cache
def _template():
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__package__, package_path=""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: harmless(value) if type(value) is str else value,
    )
    environment.filters.update(percent=percent, count=count, breakable=_breakable)
    return environment.get_template("report.html.j2")
