import itertools

from hypothesis import given
from hypothesis import strategies as st

from edgezoo.evaluate.pareto import frontier


def dominates(a, b):
    """By the definition."""
    return a[0] >= b[0] and a[1] <= b[1] and (a[0] > b[0] or a[1] < b[1])


few = st.integers(0, 5)


@given(st.lists(st.tuples(few, few)))
def test_the_frontier_is_what_nothing_dominates(points):
    undominated = {p for p in points if not any(dominates(other, p) for other in points)}
    best = frontier(points)
    assert set(best) == undominated and len(best) == len(undominated)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in itertools.pairwise(best))


def test_what_was_not_measured_is_left_out():
    assert frontier([(None, 1), (0.9, None), (0.5, 3), (None, None)]) == [(0.5, 3)]
    assert frontier([]) == []
