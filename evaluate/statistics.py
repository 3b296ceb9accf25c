"""Intervals and paired tests for accuracies, by statsmodels."""

import numpy as np

#: Up to this many disagreements the exact binomial test is used; above, χ² with continuity correction is as good.
EXACT_UP_TO = 1000


def wilson_interval(correct, n, confidence=0.95):
    """Wilson's score interval of a proportion (Wilson 1927), as (low, high); it stays inside 0 … 1 at both ends.

    Args:
        correct: number of successes.
        n: number of trials, at least 1.
    """
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(correct, n, alpha=1 - confidence, method="wilson")
    return float(low), float(high)


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
    from statsmodels.stats.contingency_tables import mcnemar

    a, b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(~a & b))
    table = [[int(np.sum(a & b)), only_a], [only_b, int(np.sum(~a & ~b))]]
    # Without a single disagreement there is no evidence of a difference (statsmodels would divide 0 by 0).
    p = float(mcnemar(table, exact=only_a + only_b <= EXACT_UP_TO).pvalue) if only_a + only_b else 1.0
    return {"only_a": only_a, "only_b": only_b, "difference": (only_a - only_b) / len(a), "mcnemar_p": min(p, 1.0)}
