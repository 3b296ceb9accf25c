"""Documents as tables: one row a file and thread count, with the columns of ``columns.py``."""

from numbers import Real
from typing import NamedTuple

from ..common.errors import UnknownName
from .column import VIEWS, Measured, measured_rows
from .columns import COLUMNS, PAIR_COLUMNS, TIMING_COLUMNS
from .target_columns import target_columns

#: Views with one row a file, whatever the number of threads.
_ONE_A_FILE = ("accuracy", "files", "targets")
_PAIRS = ("pairs", "report_pairs")


def summary_rows(document):
    """One flat row for each file and thread count, the same for the tables, ``results.csv`` and the report.

    Args:
        document: of ``evaluate --json``, ``benchmark --json`` or ``compare --json``.

    Returns:
        Dicts with the names of ``COLUMNS`` and then of the document's ``target_columns`` as keys, in their order. What
        was not measured is ``None``.
    """
    columns = (*COLUMNS.values(), *target_columns(document))
    return [{column.name: column.value(row) for column in columns} for row in measured_rows(document)]


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
    headings, rows = cells(document, view)
    return headings, [tuple(cell.text for cell in row) for row in rows]


class Cell(NamedTuple):
    """What stands in a table.

    Attributes:
        text: as people read it, ``None`` where nothing was measured.
        number: what the text says, for sorting; of several numbers the first, ``None`` of words.
    """

    text: str | None
    number: float | None


def cells(document, view):
    """The same table as ``tabulate``'s, of ``Cell`` instead of texts."""
    if view not in VIEWS:
        raise UnknownName("view", view, VIEWS)
    if view in _PAIRS:
        columns, rows = PAIR_COLUMNS, [Measured(document, pair, {}) for pair in document.get("pairs") or ()]
    else:
        columns = (*COLUMNS.values(), *TIMING_COLUMNS, *target_columns(document))
        rows = [*measured_rows(document, once=view in _ONE_A_FILE)]
    if view == "targets":  # which a file has whatever device it ran on
        rows = [*{row.result["file"]: row for row in reversed(rows)}.values()][::-1]
    shown = [column.within(view) for column in columns if view in (column.views or ())]
    shown = [column for column in shown if not column.is_optional or any(column.value(row) is not None for row in rows)]
    shown.sort(key=lambda column: column.place)
    return (
        [">" * column.right + column.heading for column in shown],
        [tuple(_cell(column, column.value(row)) for column in shown) for row in rows],
    )


def _cell(column, value):
    number = value[0] if isinstance(value, tuple) else value
    return Cell(None if value is None else column.text(value), number if isinstance(number, Real) else None)
