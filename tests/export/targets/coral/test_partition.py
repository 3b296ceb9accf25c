"""One part of a network is mapped, and what cuts it."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from edgezoo.export.targets.coral.partition import partition
from edgezoo.inspection.graph import Graph, Operator

IN = 0  # the network's input; operator n makes tensor n + 1


def graph_of(inputs):
    """A network of operators with one output each, from their inputs."""
    operators = tuple(Operator(n, "RELU", tuple(each), (n + 1,), {}, False) for n, each in enumerate(inputs))
    return Graph((), operators, (IN,), (), {}, "", 1, frozenset(), {})


def mapped(inputs, supported, **options):
    cuts = partition(graph_of(inputs), supported, **options)
    return {n for n, cut in enumerate(cuts) if supported[n] and cut is None}


def test_what_follows_a_cut_is_on_the_cpu_and_what_stands_beside_it_is_not():
    inputs = [[0], [1], [1], [2, 3], [4]]  # as in DeepLab: a branch with an unsupported operator, one without
    supported = [True, False, True, True, True]
    assert mapped(inputs, supported) == {0, 2}
    assert partition(graph_of(inputs), supported) == [None, None, None, 1, 1]
    assert mapped(inputs, supported, every_subgraph=True) == {0, 2, 3, 4}


def test_what_comes_before_the_network_cuts_nothing_off():
    inputs = [[0], [1], [2], [3]]  # a float input, quantized: QUANTIZE, the network, DEQUANTIZE
    assert mapped(inputs, [False, True, True, False]) == {1, 2}
    assert mapped(inputs, [False, False, True, True]) == {2, 3}


@st.composite
def networks(draw):
    size = draw(st.integers(1, 10))
    inputs = [draw(st.lists(st.integers(0, n), min_size=1, max_size=3)) for n in range(size)]
    return inputs, draw(st.lists(st.booleans(), min_size=size, max_size=size))


@given(networks(), st.data())
def test_one_more_unsupported_operator_never_leads_to_more_that_is_mapped(network, data):
    """It is put into a wire, or behind any tensor, anywhere that the order of execution allows."""
    inputs, supported = network
    reader = data.draw(st.integers(0, len(inputs) - 1))
    wire = data.draw(st.sampled_from(inputs[reader]))
    place = data.draw(st.integers(wire, reader))  # after what makes the wire, before what reads it
    graph = graph_of(inputs)
    before = {n for n, cut in enumerate(partition(graph, supported)) if supported[n] and cut is None}
    new = Operator(-1, "NEW", (wire,), (99,), {}, False)
    operators = [
        dataclasses.replace(each, inputs=tuple(99 if n == reader and i == wire else i for i in each.inputs))
        for n, each in enumerate(graph.operators)
    ]
    more = dataclasses.replace(graph, operators=(*operators[:place], new, *operators[place:]))
    cuts = partition(more, [*supported[:place], False, *supported[place:]])
    after = {each.index for each, cut in zip(more.operators, cuts, strict=True) if each is not new and cut is None}
    assert {n for n in after if supported[n]} <= before


@given(networks())
def test_what_is_mapped_is_one_piece(network):
    """No way leads from it over something else back into it: it can be one operator."""
    inputs, supported = network
    inside = mapped(inputs, supported)
    assert inside <= {n for n, each in enumerate(supported) if each} == mapped(inputs, supported, every_subgraph=True)
    left = set()  # what has left the piece and come out on the CPU
    for n, each in enumerate(inputs):
        before = {wire - 1 for wire in each}
        if before & left or (n not in inside and before & inside):
            left.add(n)
            assert n not in inside


@given(networks())
def test_without_unsupported_operators_all_is_mapped(network):
    inputs, _ = network
    assert mapped(inputs, [True] * len(inputs)) == set(range(len(inputs)))
