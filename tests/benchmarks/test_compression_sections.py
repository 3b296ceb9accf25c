"""What the page says of compressed networks."""

from pathlib import Path

import compression_sections
import pytest

from .pages import cells

WAYS = {
    "float32": (0.90, 40_000, 36_000),
    "int16x8": (0.90, 12_000, 10_000),
    "int8": (0.899, 12_000, 10_000),
    "QAT": (0.8990, 12_000, 10_000),
    "pruned 50 %, QAT": (0.8985, 12_000, 7_000),
    "pruned 75 %, 16 clusters, QAT": (0.89, 12_000, 4_100),
}


@pytest.fixture
def document(monkeypatch):
    environment = {"cpu": "a CPU", "cores": 2, "time": "2020-01-01T00:00:00"}
    rows = [
        {
            "model": model,
            "way": way,
            "n": 1000,
            "top1": top1 + more,
            "top1_ci95": [0.88, 0.91],
            "validation_top1": top1,
            "size_bytes": size,
            "gzip_bytes": gzip,
            "mcnemar_p": None if way == "float32" else 0.5,
            "agreement": None if way == "float32" else 0.99,
            "p50_ms": 0.1,
            "npu_flash_bytes": None if way == "float32" else gzip,
            "npu_cycles": None if way == "float32" else 1000,
            "zeros": 0.0,
        }
        for model, more in (("strided_s", 0), ("ensemble_l", 0.06))
        for way, (top1, size, gzip) in WAYS.items()
    ]
    found = {"rows": rows, "epochs": {"qat": 3, "compress": 10}, "environment": environment}
    monkeypatch.setattr(compression_sections, "results", lambda name: found)


def test_ways_are_means_over_networks(document):
    rows = {row[0]: row[1:] for row in cells(compression_sections.summary_section(Path("docs/page.md")))}
    assert "float32" not in rows
    assert rows["int8"] == ["2", "-0.10", "-0.10 to -0.10", "1.00", "1.00"]
    assert rows["pruned 75 %, 16 clusters, QAT"] == ["2", "-1.00", "-1.00 to -1.00", "0.41", "0.41"]


def test_goals_are_held_against_what_was_found(document):
    rows = cells(compression_sections.goals_section(None))
    assert [row[2:] for row in rows] == [
        ["0.10", "reached"],
        ["0.10", "not reached"],
        ["0.15", "reached"],
        ["0.34", "not reached"],
        ["95.90 (int8, the best on validation images)", "reached"],
    ]


def test_a_row_for_each_file_and_a_dot(document):
    assert len(cells(compression_sections.details_section(None))) == 12
    (figure,) = compression_sections.draw().values()
    assert len(figure.axes[0].collections) == len(WAYS) - 1
