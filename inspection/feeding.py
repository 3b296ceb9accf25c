"""Files whose operators run apart: what they read of one another comes from outside."""

import copy

from .records import Records
from .writing import written

_VERSION = 3  # of the schema, which all files have


def fed(content, graph, tensors):
    """Cuts a file between its operators, so that each one's answer to any input can be had in one inference.

    Args:
        content: of the ``.tflite`` file, ``bytes``.
        graph: its first ``Graph``.
        tensors: numbers of the tensors that are cut: what operators write there is given out, and what operators read
            there is taken in.

    Returns:
        ``bytes`` of a file whose inputs are those of ``graph`` and then one for each of ``tensors``, in that order, and
        whose outputs are ``tensors``.
    """
    from ai_edge_litert import schema_py_generated as schema

    records = Records(content)
    main, model, cut = records.graphs[0], schema.ModelT(), schema.SubGraphT()
    inlets = {tensor: len(main.tensors) + number for number, tensor in enumerate(tensors)}
    cut.tensors = [*main.tensors, *(copy.copy(main.tensors[tensor]) for tensor in tensors)]
    cut.operators = [copy.copy(operator) for operator in main.operators]
    for operator, known in zip(cut.operators, graph.operators, strict=True):
        operator.inputs = [inlets.get(index, index) for index in known.inputs]
    cut.inputs, cut.outputs = [*graph.inputs, *inlets.values()], [*tensors]
    model.version, model.operatorCodes, model.buffers = _VERSION, records.codes, records.buffers
    model.subgraphs = [cut]
    return written(model)
