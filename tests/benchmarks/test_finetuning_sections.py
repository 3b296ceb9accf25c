"""What the page says of networks that start from ImageNet's weights."""

from pathlib import Path

import finetuning_sections
import pytest

from edgezoo.evaluate.statistics import wilson_interval

from .pages import cells


def row(way, seed, top1, seconds, refused=None):
    place = {"refused": refused, "accelerated": 30, "operators": 31, "cycles": 1_000}
    return {
        "way": way, "seed": seed, "cores": 1, "seconds": seconds, "n": 800, "sha256": "0",
        "size_bytes": 257_056, "top1": top1, "top1_ci95": [0.7, 0.8], "float_top1": top1 + 0.01,
        "float_top1_ci95": [0.7, 0.8], "p50_ms": 0.5,
        "measured": "2020-01-01T00:00:00", "places": {"coral": place, "ethos-u55-128": place},
    }  # fmt: skip


@pytest.fixture(autouse=True)
def documents(monkeypatch):
    found = {
        "data": "flowers_128",
        "side": 96,
        "rows": [
            row("fine-tuned, biases corrected", 0, 0.77, 240),
            row("plain script", 0, 0.72, 230),
            row("from scratch", 0, 0.6, 300, "too large"),
            row("fine-tuned, biases corrected", 1, 0.78, 240),
            row("plain script", 1, 0.70, 230),
        ],
        "images": {"train": 3000, "validation": 400, "test": 800},
        "weights_sha256": "0" * 64,
        "environment": {"cpu": "a CPU", "cores": 2, "time": "2020-01-01T00:00:00"},
    }
    larger = {**found, "side": 128, "rows": [row("fine-tuned, biases corrected", 0, 0.76, 400)]}
    monkeypatch.setattr(finetuning_sections, "_documents", lambda: [larger, found])


def test_ways_are_means_over_their_seeds():
    rows = {tuple(each[:2]): each for each in cells(finetuning_sections.ways_section(Path("docs/photographs.md")))}
    low, high = wilson_interval(0.775 * 800, 800)
    tuned = rows["flowers_128, 96×96", "fine-tuned, biases corrected"]
    assert tuned[3] == f"77.50 [{100 * low:.2f}, {100 * high:.2f}]"
    assert tuned[4:6] == ["77.00 to 78.00 (2)", "4.0"]
    scratch = rows["flowers_128, 96×96", "from scratch"]
    assert scratch[4] == ""
    assert scratch[8] == "refused"
    assert rows["flowers_128, 128×128", "fine-tuned, biases corrected"][5] == "6.7"


def test_goals_are_held_against_the_means():
    way = "fine-tuned, biases corrected"
    assert cells(finetuning_sections.goals_section(None)) == [
        ["flowers_128, 128×128", way, "int8 top-1, %, at least", "77.5", "76.00", "not reached"],
        ["flowers_128, 96×96", way, "int8: points above the plain script", "4", "6.50", "reached"],
        ["flowers_128, 96×96", way, "of the plain script's minutes, at most", "1", "1.04", "not reached"],
        ["flowers_128, 96×96", way, "int8 top-1, %, at least", "77.5", "77.50", "reached"],
    ]
