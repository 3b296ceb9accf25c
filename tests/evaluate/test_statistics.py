import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.evaluate.statistics import EXACT_UP_TO, paired_test, wilson_interval


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_that_of_newcombes_table(correct, n, low, high):
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**5).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_lies_in_the_unit_interval_and_holds_the_proportion(counts):
    correct, n = counts
    low, high = wilson_interval(correct, n)
    assert 0 <= low <= correct / n + 1e-12 and correct / n - 1e-12 <= high <= 1
    reference = scipy.stats.binomtest(correct, n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-9)


def answers(both, only_a, only_b, neither):
    """Two bool arrays with so many images of each kind."""
    kinds = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, only_a, only_b, neither], axis=0)
    return kinds.T.astype(bool)


def test_mcnemar_of_agrestis_approval_ratings():
    """Agresti, Categorical Data Analysis, table 10.1: 794, 150, 86, 570; z = -4.17."""
    result = paired_test(*answers(794, 150, 86, 570))
    assert (result["only_a"], result["only_b"]) == (150, 86)
    assert result["difference"] == pytest.approx(0.59 - 0.55, abs=5e-3)
    assert result["mcnemar_p"] == pytest.approx(scipy.stats.binomtest(86, 236).pvalue)
    assert result["mcnemar_p"] == pytest.approx(2 * scipy.stats.norm.sf(4.17), rel=0.3)


def test_many_disagreements_are_tested_by_chi_square():
    only_a, only_b = EXACT_UP_TO, 1100
    chi2 = (abs(only_a - only_b) - 1) ** 2 / (only_a + only_b)
    p = paired_test(*answers(5000, only_a, only_b, 0))["mcnemar_p"]
    assert p == pytest.approx(scipy.stats.chi2.sf(chi2, 1))
    assert p == pytest.approx(scipy.stats.binomtest(only_a, only_a + only_b).pvalue, rel=0.02)


@given(st.lists(st.integers(0, 40), min_size=4, max_size=4).filter(any))
def test_the_paired_test_is_symmetric(counts):
    a, b = answers(*counts)
    forth, back = paired_test(a, b), paired_test(b, a)
    assert forth["mcnemar_p"] == back["mcnemar_p"]
    assert forth["difference"] == -back["difference"] == pytest.approx(a.mean() - b.mean())
    assert 0 <= forth["mcnemar_p"] <= 1


def test_equal_answers_are_no_evidence():
    assert paired_test([True, False], [True, False])["mcnemar_p"] == 1.0


@given(st.integers(0, 700), st.integers(0, 700))
def test_the_paired_test_is_scipys_on_both_sides_of_the_bound(only_a, only_b):
    p = paired_test(*answers(3, only_a, only_b, 2))["mcnemar_p"]
    n = only_a + only_b
    if n <= EXACT_UP_TO:
        assert p == pytest.approx(scipy.stats.binomtest(only_a, n).pvalue if n else 1.0, rel=1e-9)
    else:
        assert p == pytest.approx(scipy.stats.chi2.sf((abs(only_a - only_b) - 1) ** 2 / n, 1), rel=1e-9)
