"""The page that shows a comparison: one file, nothing in it points outside, no scripts."""

import functools

from .column import short_names
from .columns import count, percent
from .plots import accuracy_plot, style, svg
from .tables import tabulate

#: Above this many classes a confusion matrix is no longer readable; the most frequent confusions are listed instead.
MATRIX_UP_TO = 30
LISTED_CONFUSIONS = 20


def render_html(document, rows):
    """The page as text.

    Args:
        document: of :func:`~edgezoo.evaluate.compare.compare_files`.
        rows: its :func:`~edgezoo.evaluate.tables.summary_rows`.
    """
    from markupsafe import Markup

    results = document["results"]
    names = dict(zip([r["file"] for r in results], short_names([r["file"] for r in results]), strict=True))
    return _template().render(
        document=document,
        names=names,
        colours=[style(row["scheme"])[0] for row in rows],
        tables={view: tabulate(document, view) for view in ("report", "report_pairs", "files")},
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
    environment.filters.update(percent=percent, count=count)
    return environment.get_template("report.html.j2")
