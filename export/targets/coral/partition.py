"""Which operators the Edge TPU compiler takes: one connected part of the network."""


def partition(graph, supported, every_subgraph=False):
    """What of a network is compiled.

    The compiler is a TensorFlow Lite delegate that takes the first part of the network only: the supported operators
    that nothing unsupported separates from it. Operators that come before it do not cut it off: the QUANTIZE of a float
    input runs on the CPU, and all behind it is mapped. An unsupported operator cuts where a supported one leads to it.
    What stands beside such a cut, and does not follow from it, is mapped.

    More unsupported operators never lead to more that is mapped: every operator keeps all that came before it.

    Args:
        graph: ``inspection.graph.Graph``; its operators are in the order of execution.
        supported: whether the chip has it, for every operator.
        every_subgraph: whether all parts are compiled, as with the compiler's option ``-a``.

    Returns:
        One entry an operator: ``None`` where it is mapped or not supported, else the index of the unsupported operator
        that cuts it off.
    """
    makers = {tensor: place for place, operator in enumerate(graph.operators) for tensor in operator.outputs}
    begun, cut = [], []  # whether a supported operator is or leads to this one; what cuts off what follows from it
    entries = []
    for place, operator in enumerate(graph.operators):
        before = [makers[tensor] for tensor in operator.inputs if makers.get(tensor, place) < place]
        cut_by = next((cut[each] for each in before if cut[each] is not None), None)
        led_to = any(begun[each] for each in before)
        entries.append(cut_by if supported[place] and not every_subgraph else None)
        begun.append(supported[place] or led_to)
        cut.append(place if cut_by is None and led_to and not supported[place] else cut_by)
    return entries
