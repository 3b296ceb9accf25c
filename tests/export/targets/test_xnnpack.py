"""The reasons why XNNPACK leaves an operator to LiteRT's own kernels."""

import dataclasses

import pytest

from edgezoo.export.targets.xnnpack import check, why_not
from edgezoo.inspection import read_graph
from edgezoo.runtime.partition import partition


def test_the_partition_is_that_of_the_runtime(zoo):
    for file in (zoo.bars_float32, zoo.bars_int8, zoo.bars_int16x8, zoo.open_float32):
        found = set(partition(file)["operators"])
        placed = {each.index for each in check(file).operators if each.where == "accelerator"}
        assert placed == found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"op": "AVERAGE_POOL_2D"}, "for float only"),
        ({"op": "GATHER"}, "has no kernel"),
        ({"op": "OWN", "is_custom": True}, "has no kernel"),
        ({"op": "CONV_2D"}, "exceeds what XNNPACK takes of CONV_2D: with a bias"),
    ],
)
def test_reasons(zoo, change, reason):
    graph = read_graph(zoo.bars_int8)
    convolution = next(each for each in graph.operators if each.op == "CONV_2D")
    assert reason in why_not(dataclasses.replace(convolution, **change), graph)[0]


def test_types_that_it_has_no_kernels_for(zoo):
    graph = read_graph(zoo.bars_int16x8)
    reason, remedy = why_not(next(each for each in graph.operators if each.op == "CONV_2D"), graph)
    assert "int16" in reason and "int8" in remedy
