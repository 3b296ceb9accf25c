"""Plain formatting."""

import pytest

from edgezoo.experiments import formatting


def row(top1, half=0.01, **columns):
    return {"top1": top1, "top1_low": top1 - half, "top1_high": top1 + half, **columns}


def test_shares_and_differences():
    assert formatting.percent(row(0.9149)) == "91.5 % (90.5–92.5)"
    assert formatting.percent({"same": 1.0, "same_low": 0.996, "same_high": 1.0}, "same") == "100.0 % (99.6–100.0)"
    assert formatting.points(0.0531) == "5.3 points"
    assert formatting.points(-0.0012, 2) == "-0.12 points"
    assert formatting.millions(4_149_000) == "4.15 million"
    assert formatting.span([7000, 12_000, 9000]) == "7,000 to 12,000"


@pytest.mark.parametrize("items, text", [("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")])
def test_lists(items, text):
    assert formatting.listed(items) == text


def test_rows_are_apart_when_their_intervals_are():
    low, middle, high = row(0.90), row(0.915), row(0.93)
    assert formatting.above(high, low) and formatting.apart(low, high)
    assert not formatting.above(low, high)
    assert not formatting.apart(low, middle) and not formatting.apart(middle, high)
    assert formatting.best_and_rest([low, middle, high]) == (high, [middle], [low])
