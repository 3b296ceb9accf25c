"""Tables as people see them, from a document written by hand."""

import copy

import pytest

from edgezoo.common.errors import UnknownName
from edgezoo.evaluate import COLUMNS, Column, columns, summary_rows, tabulate
from edgezoo.evaluate.column import VIEWS


def file(name, scheme, top1, p50, **timing):
    return {
        "file": f"out/{name}",
        "sha256": "0" * 64,
        "size_bytes": 67_296,
        "model": "net",
        "scheme": scheme,
        "network": "0123456789",
        "n": 10_000,
        "top1": top1,
        "top1_ci95": [top1 - 0.005, top1 + 0.005],
        "params": 56_922,
        "macs": 1_266_240,
        "peak_activation_bytes": 4704,
        "benchmarks": [
            {
                "runtime": "ai-edge-litert 2.3.0",
                "threads": threads,
                "init_ms": 1.5,
                "first_ms": 0.25,
                "latency_ms": {"p5": 0.9 * p50, "p50": p50, "p95": 2 * p50, "p99": 123.456},
                "peak_rss_bytes": 700 << 20,
                "delegated": {"operators": 7, "of": 10},
                "runs": 1799,
            }
            | timing
            for threads in (1, 2)
        ],
    }


@pytest.fixture
def document():
    results = [
        file("net.keras", "keras", 0.9213, 0.5516, delegated=None, peak_rss_bytes=None),
        file("net_int8.tflite", "int8", 0.9208, 0.01),
    ]
    pair = {"agreement": 0.9983, "only_a": 9, "only_b": 4, "difference": 0.0005, "mcnemar_p": 0.0004}
    return {"results": results, "pairs": [{"a": "out/net.keras", "b": "out/net_int8.tflite", **pair}]}


def test_accuracy(document):
    assert tabulate(document, "accuracy") == (
        ["file", ">images", ">top-1 [95 % interval]", ">bytes"],
        [
            ("out/net.keras", "10,000", "92.13 % [91.63, 92.63]", "67,296"),
            ("out/net_int8.tflite", "10,000", "92.08 % [91.58, 92.58]", "67,296"),
        ],
    )


def test_pairs(document):
    assert tabulate(document, "pairs") == (
        ["a", "b", ">agreement", ">a − b", ">p"],
        [("out/net.keras", "out/net_int8.tflite", "99.83 %", "+0.05 points", "0.000")],
    )
    assert tabulate(document, "report_pairs") == (
        ["a", "b", ">same answer", ">only a right", ">only b right", ">top-1, a − b", ">p"],
        [("net.keras", "net_int8.tflite", "99.83 %", "9", "4", "+0.05 points", "< 0.001")],
    )


def test_latency_of_a_document_of_benchmark(document):
    timed = [{"file": each["file"], **timing} for each in document["results"] for timing in each["benchmarks"]]
    headings, rows = tabulate({"results": timed}, "latency")
    assert headings == [
        "file", ">threads", ">p50", ">p5", ">p95", ">p99", ">first", ">init", ">peak RSS", ">delegated", ">runs",
    ]  # fmt: skip
    assert rows[0] == ("out/net.keras", "1", "0.552", "0.496", "1.1", "123", "0.25", "1.5", None, None, "1,799")
    assert rows[3][7:] == ("1.5", "700 MiB", "7 of 10", "1,799")
    assert len(rows) == 4
    assert tabulate(document, "latency") == (headings, rows), "a comparison's document says the same"


def test_comparison_report_and_readme(document):
    headings, rows = tabulate(document, "comparison")
    assert headings == [
        "file", ">top-1 [95 % interval]", ">agrees with float", ">bytes", ">threads", ">p50 ms", ">p95 ms",
        "Pareto-optimal",
    ]  # fmt: skip
    assert rows[0] == ("out/net.keras", "92.13 % [91.63, 92.63]", None, "67,296", "1", "0.552", "1.1", "latency, size")
    assert rows[3] == (
        "out/net_int8.tflite",
        "92.08 % [91.58, 92.58]",
        "99.83 %",
        "67,296",
        "2",
        "0.01",
        "0.02",
        "latency",
    )
    headings, rows = tabulate(document, "report")
    assert dict(zip(headings, rows[2], strict=True)) == {
        "file": "net_int8.tflite", ">top-1": "92.08 %", ">95 % interval": "91.58 – 92.58",
        ">same answer\nas float": "99.83 %", ">size\nKiB": "65.7", ">threads": "1", ">p50\nms": "0.01",
        ">p95\nms": "0.02", "Pareto-\noptimal": "latency", ">init\nms": "1.5", ">first\nms": "0.25",
        ">delegated\noperators": "7 of 10", ">process\nMiB": "700", ">parameters": "56,922", ">MACs": "1,266,240",
        ">activations\npeak KiB": "4.6",
    }  # fmt: skip
    headings, rows = tabulate(document, "readme")
    assert headings[-1] == ">operators in XNNPACK" and rows[2][0] == "`net_int8.tflite`" and rows[2][4] == "0.010"


@pytest.mark.parametrize("view", VIEWS)
def test_whatever_key_is_missing_its_cells_are_blank_and_the_others_stay(document, view):
    headings, whole = tabulate(document, view)

    def parts(changed, kind):
        timings = [timed for result in changed["results"] for timed in result["benchmarks"]]
        return {"result": changed["results"], "timed": timings, "pair": changed["pairs"]}[kind]

    for kind, kept in (("result", {"file", "benchmarks"}), ("timed", set()), ("pair", {"a", "b"})):
        for key in parts(document, kind)[0].keys() - kept:
            changed = copy.deepcopy(document)
            for part in parts(changed, kind):
                del part[key]
            assert tabulate(changed, view)[0] == headings
            for row, before in zip(tabulate(changed, view)[1], whole, strict=True):
                for cell, old in zip(row, before, strict=True):
                    # Without its interval the accuracy still stands, and without a cost what is optimal in the other.
                    assert cell in (None, old) or (key in ("top1_ci95", "latency_ms", "size_bytes") and cell in old)


def test_rows_of_an_accuracy_alone(document):
    for result in document["results"]:
        del result["benchmarks"]
    rows = summary_rows(document)
    assert [(row["top1"], row["p50_ms"], row["runtime"]) for row in rows] == [
        (0.9213, None, None),
        (0.9208, None, None),
    ]
    assert list(rows[0]) == list(COLUMNS)


def test_a_column_that_is_added_is_in_results_csv_and_in_its_tables(document, monkeypatch):
    energy = Column(
        "energy_mj",
        "energy, mJ",
        lambda row: row.timed.get("threads"),
        "energy of one inference",
        views=("comparison", "report", "readme"),
        text="{:.1f}".format,
    )
    registry = type(COLUMNS)("column", "edgezoo.columns", lambda: (*columns._COLUMNS, energy))
    monkeypatch.setattr("edgezoo.evaluate.tables.COLUMNS", registry)
    assert [row["energy_mj"] for row in summary_rows(document)] == [1, 2, 1, 2]
    for view in energy.views:
        headings, rows = tabulate(document, view)
        assert [row[headings.index(">energy, mJ")] for row in rows] == ["1.0", "2.0", "1.0", "2.0"]
    assert ">energy, mJ" not in tabulate(document, "accuracy")[0]


def test_an_unknown_view(document):
    with pytest.raises(UnknownName, match="did you mean 'accuracy'"):
        tabulate(document, "acuracy")
