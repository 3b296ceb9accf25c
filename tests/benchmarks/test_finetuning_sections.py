"""What the page says of networks that start from ImageNet's weights."""

import finetuning_sections
import pytest

from edgezoo.evaluate.statistics import wilson_interval

from .pages import cells


def row(way, seed, top1, seconds, refused=None):
    place = {"refused": refused, "accelerated": 30, "operators": 31, "cycles": 1_000}
    return {
        "data": "flowers_128", "way": way, "seed": seed, "cores": 1, "seconds": seconds, "n": 800, "sha256": "0",
        "size_bytes": 257_056, "top1": top1, "top1_ci95": [0.7, 0.8], "float_top1": top1 + 0.01,
        "float_top1_ci95": [0.7, 0.8], "p50_ms": 0.5, "places": {"coral": place, "ethos-u55-128": place},
    }  # fmt: skip


@pytest.fixture
def document(monkeypatch):
    found = {
        "rows": [
            row("fine-tuned, biases corrected", 0, 0.77, 240),
            row("plain script", 0, 0.72, 230),
            row("from scratch", 0, 0.6, 300, "too large"),
            row("fine-tuned, biases corrected", 1, 0.78, 240),
            row("plain script", 1, 0.70, 230),
            row("fine-tuned at 128×128, biases corrected", 0, 0.76, 400),
        ],
        "images": {"flowers_128": {"train": 3000, "validation": 400, "test": 800}},
        "weights_sha256": "0" * 64,
        "environment": {"cpu": "a CPU", "cores": 2, "time": "2020-01-01T00:00:00"},
    }
    monkeypatch.setattr(finetuning_sections, "results", lambda name: found)
    return found


def test_ways_are_means_over_their_seeds(document):
    rows = {each[1]: each for each in cells(finetuning_sections.ways_section(None))}
    low, high = wilson_interval(0.775 * 800, 800)
    assert rows["fine-tuned, biases corrected"][3] == f"77.50 [{100 * low:.2f}, {100 * high:.2f}]"
    assert rows["fine-tuned, biases corrected"][4:6] == ["77.00 to 78.00 (2)", "4.0"]
    assert rows["from scratch"][4] == ""
    assert rows["from scratch"][8] == "refused"


def test_goals_are_held_against_the_means(document):
    assert [each[1:] for each in cells(finetuning_sections.goals_section(None))] == [
        ["4", "6.50", "reached"],
        ["1", "1.04", "not reached"],
        ["77.5", "77.50", "reached"],
        ["77.5", "76.00", "not reached"],
    ]
