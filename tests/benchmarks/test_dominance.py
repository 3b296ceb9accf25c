from dominance import COSTS, dominators
from hypothesis import given
from hypothesis import strategies as st

CELLS = st.none() | st.integers(0, 5)
ROWS = st.lists(st.fixed_dictionaries({"int8_top1": st.integers(0, 5), **dict.fromkeys(COSTS, CELLS)}), max_size=8)


@given(ROWS, ROWS.filter(len), st.sampled_from(COSTS))
def test_dominators_are_those_of_the_definition(rows, peers, cost):
    peer = peers[0]
    found = dominators(rows, peer, cost)
    for row in rows:
        measured = row[cost] is not None and peer[cost] is not None
        dominates = measured and row["int8_top1"] >= peer["int8_top1"] and row[cost] < peer[cost]
        assert (row in found) == dominates
    assert [row[cost] for row in found] == sorted(row[cost] for row in found)
