"""The page that shows a comparison: one file, nothing in it points outside, no scripts."""

import functools

from .plots import SCHEMES, accuracy_plot, short_names, svg

#: Above this many classes a confusion matrix is no longer readable; the most frequent confusions are listed instead.
MATRIX_UP_TO = 30
LISTED_CONFUSIONS = 20


def render_html(document, rows):
    """The page as text.

    Args:
        document: of :func:`~edgezoo.evaluate.compare.compare_files`.
        rows: its :func:`~edgezoo.evaluate.compare.summary_rows`.
    """
    from markupsafe import Markup

    results = document["results"]
    names = dict(zip([r["file"] for r in results], short_names([r["file"] for r in results]), strict=True))
    return _template().render(
        document=document,
        rows=rows,
        names=names,
        colours={scheme: colour for scheme, (colour, _) in SCHEMES.items()},
        plots=[
            (title, Markup(svg(accuracy_plot(rows, against))))
            for title, against in (("Accuracy against latency", "latency"), ("Accuracy against size", "size"))
        ],
        matrices=len(document["dataset"]["class_names"]) <= MATRIX_UP_TO,
        confusions={result["file"]: _most_confused(result) for result in results},
    )


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
    )
    environment.filters.update(percent=_percent, ms=_milliseconds, kib=_kib, count=_count, p_value=_p_value)
    return environment.get_template("report.html.j2")


# What was not measured is left blank.


def _percent(value, digits=2):
    return "" if value is None else f"{100 * value:.{digits}f} %"


def _milliseconds(value):
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _kib(value):
    return "" if value is None else f"{value / 1024:,.1f}"


def _count(value):
    return "" if value is None else f"{value:,}"


def _p_value(value):
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
