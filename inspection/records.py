"""The records of a ``.tflite`` file, unpacked within bounds.

flatbuffers' Python has no verifier: lengths are what a file claims, and any number of records can share one long text
or list. What is unpacked is counted, and is not more than a file of that size can hold: it takes time and memory in
proportion to the file.
"""

import dataclasses

from ai_edge_litert import schema_py_generated as schema

from .damage import Damage

#: What a record counts for, in bytes. A list counts its numbers, a text its letters.
_RECORD = 32
#: Bytes that small files may have beyond what they hold, since records may share lists.
_SHARED = 4 << 20


@dataclasses.dataclass(frozen=True)
class SubGraph:
    """One graph: lists of the schema's records, and of numbers of tensors."""

    tensors: list
    operators: list
    inputs: list
    outputs: list


class Records:
    """What a file holds.

    Args:
        content: ``bytes`` of the file.

    Attributes:
        codes, buffers, signatures: lists of ``OperatorCodeT``, ``BufferT``, ``SignatureDefT``.
        graphs: list of ``SubGraph``, with ``TensorT`` and ``OperatorT``.
        description: ``bytes`` or ``None``.

    Raises:
        Damage: it claims more than it can hold, or has no graph.
        Exception: of any other kind, as the offsets of a damaged file lead anywhere.
    """

    def __init__(self, content):
        self._left = 2 * len(content) + _SHARED
        model = schema.Model.GetRootAs(content, 0)
        self.codes = self._unpacked(schema.OperatorCodeT, model.OperatorCodes, model.OperatorCodesLength())
        self.buffers = self._unpacked(schema.BufferT, model.Buffers, model.BuffersLength())
        self.graphs = [self._graph(graph) for graph in self._listed(model.Subgraphs, model.SubgraphsLength())]
        if not self.graphs:
            raise Damage("it has no graph")
        signatures = self._listed(model.SignatureDefs, model.SignatureDefsLength())
        self._spend(_RECORD * sum(each.InputsLength() + each.OutputsLength() for each in signatures))
        self.signatures = self._unpacked(schema.SignatureDefT, signatures.__getitem__, len(signatures))
        self._unpacked(schema.MetadataT, model.Metadata, model.MetadataLength())  # counted, for who unpacks it all
        self.description = model.Description()

    def _graph(self, graph):
        tensors = self._listed(graph.Tensors, graph.TensorsLength())
        for tensor in tensors:
            inner = tensor.VariantTensorsLength()
            if sparsity := tensor.Sparsity():
                inner += sparsity.DimMetadataLength()
            self._spend(_RECORD * inner)
        self._spend(graph.InputsLength() + graph.OutputsLength())
        return SubGraph(
            tensors=self._unpacked(schema.TensorT, tensors.__getitem__, len(tensors)),
            operators=self._unpacked(schema.OperatorT, graph.Operators, graph.OperatorsLength()),
            inputs=[graph.Inputs(place) for place in range(graph.InputsLength())],
            outputs=[graph.Outputs(place) for place in range(graph.OutputsLength())],
        )

    def _listed(self, at, count):
        self._spend(_RECORD * count)
        return [at(place) for place in range(count)]

    def _unpacked(self, kind, at, count):
        self._spend(_RECORD * count)
        records = []
        for place in range(count):
            records.append(kind.InitFromObj(at(place)))
            if kind is not schema.BufferT:  # values of constants are never copied
                self._spend(_size(records[-1]))
        return records

    def _spend(self, size):
        self._left -= size
        if self._left < 0:
            raise Damage("it claims to hold more than a file of its size can")


def _size(record):
    """Numbers and letters in a record, those in its records included."""
    if hasattr(record, "__dict__"):
        return sum(map(_size, vars(record).values()))
    if isinstance(record, list):
        return sum(map(_size, record))
    return len(record) if hasattr(record, "__len__") else 0
