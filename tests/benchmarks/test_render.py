"""The README's section of results, from today's documents and from ones of which something is missing."""

import json

import pytest
import registry_sections
import render

from edgezoo.common.errors import EdgezooError

README = render.ROOT / "README.md"


@pytest.fixture
def quickstart(tmp_path, monkeypatch):
    """A function that puts a document in the place of ``quickstart.json``, and that document as it is today."""
    document = json.loads(render.QUICKSTART.read_text(encoding="utf-8"))
    monkeypatch.setattr(render, "QUICKSTART", tmp_path / "quickstart.json")

    def put(changed):
        render.QUICKSTART.write_text(json.dumps(changed))

    return put, document


def table_of(section):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("|")]


def test_a_key_that_yesterdays_results_lack_leaves_cells_blank(quickstart):
    put, document = quickstart
    put(document)
    before = table_of(render.quickstart_section(README))
    for result in document["results"]:
        result.pop("size_bytes")
        for timed in result["benchmarks"]:
            timed.pop("delegated")
            timed["latency_ms"].pop("p95")
    put(document)
    after = table_of(render.quickstart_section(README))
    assert after[:2] == before[:2]
    for row, old in zip(after[2:], before[2:], strict=True):
        assert row == [*old[:3], "", old[4], "", ""]


def test_whatever_key_is_missing_the_page_is_written(quickstart):
    put, document = quickstart
    for key in document.keys() - {"results"}:
        put({kept: value for kept, value in document.items() if kept != key})
        assert "strided_s_int8.tflite" in render.quickstart_section(README)


def test_results_of_a_newer_version_are_said_in_one_line(quickstart):
    put, document = quickstart
    put({**document, "format_version": 99})
    with pytest.raises(EdgezooError, match=r"quickstart\.json has format version 99"):
        render.quickstart_section(README)


def test_every_column_is_in_the_table_of_columns():
    names = [row[0].strip("`") for row in table_of(registry_sections.columns_section(README))[2:]]
    assert names == list(registry_sections.COLUMNS)
