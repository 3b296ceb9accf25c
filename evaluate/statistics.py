"""Intervals and paired tests for accuracies.

In closed form: statsmodels and SciPy's stats have the same, and take a second to import, eight times as long as ten
thousand inferences of a small network.
"""

import math
import statistics

import numpy as np

#: Up to this many disagreements the exact binomial test is used; above, χ² with continuity correction is as good.
EXACT_UP_TO = 1000


def wilson_interval(correct, n, confidence=0.95):
    """Wilson's score interval of a proportion (Wilson 1927), as (low, high); it stays inside 0 … 1 at both ends.

    Args:
        correct: number of successes.
        n: number of trials, at least 1.
    """
    z = statistics.NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    low, high = ((middle + side * half) / (1 + z * z / n) for side in (-1, 1))
    return max(low, 0.0), min(high, 1.0)  # beyond by rounding alone


def paired_test(correct_a, correct_b):
    """McNemar's test: are two files right equally often on the same images?

    Only images on which one is right and the other wrong say anything about that. The test is two-sided and exact up to
    1000 such images, above it is χ² with continuity correction.

    Args:
        correct_a, correct_b: bool [n], whether each file was right on each image.

    Returns:
        ``{"only_a", "only_b", "difference", "mcnemar_p"}``: images that only one got right, accuracy of a minus that of
        b, p value.
    """
    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(~a & b))
    p = _mcnemar(*sorted((only_a, only_b)))
    return {"only_a": only_a, "only_b": only_b, "difference": (only_a - only_b) / len(a), "mcnemar_p": p}


def _mcnemar(fewer, more):
    """Two-sided p value of so many disagreements either way; without a single one there is no evidence: 1."""
    n = fewer + more
    if n > EXACT_UP_TO:
        # χ² with one degree of freedom is the square of a normal variable.
        return math.erfc(abs(more - fewer - 1) / math.sqrt(2 * n))
    return min(2 * sum(math.comb(n, k) for k in range(fewer + 1)) / 2**n, 1.0)
