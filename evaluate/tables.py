"""Documents as tables: one row a file and thread count, with the columns of ``columns.py``."""

from ..common.errors import UnknownName
from .column import VIEWS, Measured
from .columns import COLUMNS, PAIR_COLUMNS, TIMING_COLUMNS

#: Views with one row a file, whatever the number of threads.
_ONE_A_FILE = ("accuracy", "files")
_PAIRS = ("pairs", "report_pairs")


def summary_rows(document):
    """One flat row for each file and thread count, the same for the tables, ``results.csv`` and the report.

    Args:
        document: of ``evaluate --json``, ``benchmark --json`` or ``compare --json``.

    Returns:
        Dicts with the names of ``COLUMNS`` as keys, in their order. What was not measured is ``None``.
    """
    return [{name: column.value(row) for name, column in COLUMNS.items()} for row in _measured(document)]


def tabulate(document, view):
    """A document as a table of texts.

    Args:
        document: as for ``summary_rows``.
        view: a name from ``VIEWS``.

    Returns:
        ``(headings, rows)``: headings that begin with ``">"`` stand over cells aligned to the right; rows are tuples
        of texts, ``None`` where nothing was measured.

    Raises:
        UnknownName: there is no such view.
    """
    if view not in VIEWS:
        raise UnknownName("view", view, VIEWS)
    if view in _PAIRS:
        columns, rows = PAIR_COLUMNS, [Measured(document, pair, {}) for pair in document.get("pairs") or ()]
    else:
        columns, rows = (*COLUMNS.values(), *TIMING_COLUMNS), _measured(document, once=view in _ONE_A_FILE)
    shown = [column.within(view) for column in columns if view in (column.views or ())]
    shown.sort(key=lambda column: column.place)
    return (
        [">" * column.right + column.heading for column in shown],
        [tuple(_text(column, row) for column in shown) for row in rows],
    )


def _measured(document, once=False):
    """The rows of a document: of each file one a thread count, or only one."""
    for result in document["results"]:
        # In a document of ``benchmark`` each result is a file with one thread count.
        timings = [result] if result.get("benchmarks") is None else result["benchmarks"]
        for timed in (timings[:1] or [{}]) if once else timings:
            yield Measured(document, result, timed)


def _text(column, row):
    value = column.value(row)
    return None if value is None else column.text(value)
