"""Files of one operator each, for asking a runtime about every operator of a file whose whole it does not take."""

import copy

from .records import Records

#: Operators that do nothing alone: they run other graphs of the file, or share a state with others.
_BOUND = ("IF", "WHILE", "CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE")
_VERSION = 3  # of the schema, which all files have


def operators_alone(content, graph):
    """Cuts a file into files of one operator, with the constants that this reads.

    Args:
        content: of the ``.tflite`` file, ``bytes``.
        graph: its ``Graph``.

    Yields:
        ``(index, content, types)`` of each operator that can be run alone: its place, ``bytes``, and the types of its
        inputs that are no constants.
    """
    from ai_edge_litert import schema_py_generated as schema

    from .writing import written

    records = Records(content)
    main = records.graphs[0]
    for operator in graph.operators:
        if operator.op in _BOUND:
            continue
        record = copy.copy(main.operators[operator.index])
        used = [index for index in dict.fromkeys((*operator.inputs, *operator.outputs)) if index >= 0]
        place = {-1: -1, **{index: number for number, index in enumerate(used)}}
        fed = [index for index in used if index in operator.inputs and not graph.tensors[index].is_constant]
        part, graph_part = schema.ModelT(), schema.SubGraphT()
        part.version, part.operatorCodes = _VERSION, [records.codes[record.opcodeIndex]]
        part.subgraphs, part.buffers = [graph_part], [schema.BufferT()]  # the first buffer stands for "no data"
        graph_part.tensors = []
        for index in used:
            tensor = copy.copy(main.tensors[index])
            if graph.tensors[index].is_constant:
                part.buffers.append(records.buffers[tensor.buffer])
            tensor.buffer = len(part.buffers) - 1 if graph.tensors[index].is_constant else 0
            graph_part.tensors.append(tensor)
        record.opcodeIndex = 0
        record.inputs = [place[index] for index in operator.inputs]
        record.outputs = [place[index] for index in operator.outputs]
        graph_part.operators = [record]
        graph_part.inputs, graph_part.outputs = [place[index] for index in fed], record.outputs
        types = [graph.tensors[index].dtype for index in fed]
        yield operator.index, written(part), types
