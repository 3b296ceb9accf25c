"""Which operator of a float file does what an operator of the quantized file does."""

import collections
from typing import NamedTuple

from ...common.errors import EdgezooError
from ...inspection.graph import Operator

#: Operators that only change how numbers are stored.
CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")


class Pair(NamedTuple):
    """The same step of a network in two files.

    Attributes:
        layer: name of the layer that it ends.
        operator: ``inspection.graph.Operator`` of the quantized file.
        reference: that of the float file.
    """

    layer: str
    operator: Operator
    reference: Operator


def layer_names(graph, scopes):
    """Index → names of the layers that an operator does, the last one first, for all that are no mere conversions.

    Those whose tensors tell no layer, as the last one's, are called ``"output"``.

    Args:
        graph: ``inspection.graph.Graph``.
        scopes: its ``inspection.scopes.Scopes``.
    """
    names = {}
    for operator in graph.operators:
        if operator.op not in CONVERSIONS and operator.outputs:
            names[operator.index] = scopes.layers(graph.name_of(operator)) or ("output",)
    return names


def pairs_of(graph, names, reference, reference_names):
    """Pairs of operators that end the same layer, do the same, and write as many channels.

    A layer can have several of a kind; they are paired in order if both files have as many.

    Args:
        graph, names: the quantized file's ``Graph`` and ``layer_names``.
        reference, reference_names: the same of the float file.

    Returns:
        List of ``Pair``, in the order of the quantized file.

    Raises:
        EdgezooError: there is none.
    """
    theirs, ours = (_by_step(*each) for each in ((reference, reference_names), (graph, names)))
    pairs = [
        Pair(step[0], one, other)
        for step, operators in ours.items()
        if len(operators) == len(theirs.get(step, ()))
        for one, other in zip(operators, theirs[step], strict=True)
    ]
    if not pairs:
        raise EdgezooError("the two files have no layer in common; compare two forms of one network.")
    return sorted(pairs, key=lambda pair: pair.operator.index)


def _by_step(graph, names):
    steps = collections.defaultdict(list)
    for index, layers in names.items():
        operator = graph.operators[index]
        steps[layers[0], operator.op, graph.tensors[operator.outputs[0]].shape[-1:]].append(operator)
    return steps
