"""Every column is whole: shown where it says, written to results.csv, documented."""

from pathlib import Path

import pytest

from edgezoo.evaluate import COLUMNS, Column, summary_rows, tabulate
from edgezoo.evaluate.column import VIEWS

ROOT = Path(__file__).resolve().parents[2]
#: A document in which nothing was measured.
BLANK = {"results": [{"file": "a.tflite"}]}


def missing(column, page=ROOT / "docs" / "measuring.md"):
    """What a column lacks, one phrase each.

    Args:
        column: ``Column``.
        page: of the documentation, where it must be named.
    """
    found = []
    if not column.heading.strip():
        found.append("a heading")
    if not column.meaning.strip():
        found.append("a meaning")
    if column.views is None:
        found.append("views: name tables, or say () for results.csv alone")
    found += [f"a view {view!r}: there is none" for view in {*(column.views or ()), *column.variants} - {*VIEWS}]
    if any(column.name not in row for row in summary_rows(BLANK)):
        found.append("a place in results.csv: it is not registered")
    if f"`{column.name}`" not in page.read_text(encoding="utf-8"):
        found.append(f"a line in {page.name}: run benchmarks/render.py")
    for view in column.views or ():
        headings, _ = tabulate(BLANK, view) if view in VIEWS else ([], [])
        if view in VIEWS and column.within(view).is_optional:
            continue
        if column.within(view).heading not in [heading.lstrip(">") for heading in headings]:
            found.append(f"its heading in the table {view!r}")
    return found


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_whole(name):
    assert missing(COLUMNS[name]) == []


def test_what_a_half_finished_column_lacks_is_named():
    whole = COLUMNS["n"]
    half = Column("energy_mj", "", lambda row: None)
    assert [phrase.split(":")[0] for phrase in missing(half)] == [
        "a heading",
        "a meaning",
        "views",
        "a place in results.csv",
        "a line in measuring.md",
    ]
    elsewhere = Column(whole.name, whole.heading, whole.value, whole.meaning, views=("acuracy",))
    assert missing(elsewhere) == ["a view 'acuracy': there is none", "its heading in the table 'acuracy'"]
