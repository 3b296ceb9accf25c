"""Reading ``.tflite`` files: tensors and operators as plain values, without running anything."""

import dataclasses
import math
import os

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import existing_file

_IDENTIFIER = b"TFL3"

#: Bits of a value, for every type that has a fixed size.
_BITS = {
    "bool": 8,
    "int2": 2,
    "int4": 4,
    "uint4": 4,
    "float8_e4m3fn": 8,
    "float8_e5m2": 8,
    "bfloat16": 16,
    **{f"{kind}{bits}": bits for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": bits for bits in (16, 32, 64)},
    **{f"complex{bits}": bits for bits in (64, 128)},
}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """One tensor of a graph.

    Attributes:
        index: its number in the file.
        name: its name in the file.
        shape: sizes; 1 stands in for a side that ``shape_signature`` leaves open.
        shape_signature: sizes with -1 for an open side; equal to ``shape`` where the file has none.
        dtype: NumPy's name such as ``"int8"``, ``"float32"``; the schema's (``"string"``, ``"int4"`` …) where NumPy has
            no such type.
        scale, zero_point: quantization, one value a channel or a single one; empty for a tensor that is not quantized.
        quantized_dimension: the axis of per-channel values.
        is_constant: whether its values are stored in the file.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    shape_signature: tuple[int, ...]
    dtype: str
    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    quantized_dimension: int
    is_constant: bool

    @property
    def elements(self):
        """Number of values."""
        return math.prod(self.shape)

    @property
    def size_bytes(self):
        """Bytes that the values take in memory, types under 8 bits packed; 0 for strings and handles of resources."""
        return math.ceil(self.elements * _BITS.get(self.dtype, 0) / 8)


@dataclasses.dataclass(frozen=True)
class Operator:
    """One operator instance.

    Attributes:
        index: its place in the file, which is the order of execution.
        op: name of the built-in (``"CONV_2D"``) or of the custom operator.
        inputs, outputs: numbers of tensors; -1 for an optional input that is absent.
        options: the schema's option fields by their names (``strideH``, ``padding`` …); padding and fused activation as
            words (``"SAME"``, ``"RELU6"``), lists as tuples.
        is_custom: whether it is no built-in.
        version: of the operator, as the file asks for it.
        custom_options: what a custom operator alone understands; empty for built-ins.
    """

    index: int
    op: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict
    is_custom: bool
    version: int = 1
    custom_options: bytes = dataclasses.field(default=b"", repr=False)


@dataclasses.dataclass(frozen=True)
class Graph:
    """One graph of a ``.tflite`` file.

    Attributes:
        tensors, operators: in file order.
        inputs, outputs: numbers of tensors.
        signatures: those of this graph: name → ``{"inputs": {name: tensor}, "outputs": {name: tensor}}``.
        description: what the file's writer put there.
        subgraphs: number of graphs in the file; operators such as WHILE call the others.
        kinds: ``(op, is_custom)`` of the operators of all graphs in the file.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    signatures: dict
    description: str
    subgraphs: int
    kinds: frozenset[tuple[str, bool]]
    _data: dict = dataclasses.field(repr=False, compare=False)

    def name_of(self, operator):
        """Name of the first tensor that an operator writes; ``""`` where it writes none."""
        return self.tensors[operator.outputs[0]].name if operator.outputs else ""

    def data(self, index):
        """Values of a constant tensor as a read-only array.

        ``None`` for any other tensor, and for constants that NumPy cannot hold as they are stored: packed, sparse,
        strings.
        """
        tensor = self.tensors[index]
        if index not in self._data:
            return None
        return np.frombuffer(self._data[index], tensor.dtype).reshape(tensor.shape)


def read_graph(path, number=0):
    """Reads a graph of a ``.tflite`` file.

    Args:
        path: the file, or its content as ``bytes``.
        number: which of its graphs; the first is the one that a runtime runs unless it is asked for another.

    Returns:
        A ``Graph``.

    Raises:
        EdgezooError: the file is missing, empty, no ``.tflite`` file, or damaged.
    """
    if isinstance(path, bytes):
        content, name = path, "the model"
    else:
        content, name = existing_file(path).read_bytes(), os.fspath(path)
    if content[4:8] != _IDENTIFIER:
        raise EdgezooError(f"{name} is not a .tflite file (it does not carry the identifier TFL3).")
    from ai_edge_litert.tools import flatbuffer_utils

    try:
        return _graph(flatbuffer_utils.convert_bytearray_to_object(content), content, number)
    except MemoryError:
        raise
    except Exception as error:  # the offsets of a damaged file lead anywhere: struct, index, type errors …
        raise EdgezooError(f"{name} is damaged: it cannot be read as a .tflite file.") from error


def read_graphs(path):
    """The graphs of a ``.tflite`` file that can be run from outside: the first, and any other that has a signature.

    Args:
        path: as for ``read_graph``, and so are the errors.

    Returns:
        ``{number: Graph}``.
    """
    first = read_graph(path)
    others = {number: read_graph(path, number) for number in range(1, first.subgraphs)}
    return {0: first, **{number: graph for number, graph in others.items() if graph.signatures}}


def _words(enumeration):
    return {value: word for word, value in vars(enumeration).items() if isinstance(value, int)}


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def _graph(model, content, number):
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools.flatbuffer_utils import opcode_to_name

    main = model.subgraphs[number]
    types = {value: word.lower() for value, word in _words(schema.TensorType).items()}
    words = {
        "padding": _words(schema.Padding),
        "fusedActivationFunction": _words(schema.ActivationFunctionType),
    }

    def stored(buffer):
        if buffer.offset > 1:  # files over 2 GB keep their constants behind the flatbuffer
            return content[buffer.offset : buffer.offset + buffer.size]
        return b"" if buffer.data is None else bytes(buffer.data)

    tensors, data = [], {}
    for index, record in enumerate(main.tensors):
        constant = stored(model.buffers[record.buffer])
        quantization = record.quantization
        shape = _ints(record.shape)
        tensor = Tensor(
            index=index,
            name=_text(record.name),
            shape=shape,
            shape_signature=_ints(record.shapeSignature) or shape,
            dtype=types.get(record.type, f"type {record.type}"),
            scale=tuple(float(value) for value in _list(quantization and quantization.scale)),
            zero_point=_ints(quantization and quantization.zeroPoint),
            quantized_dimension=int(quantization.quantizedDimension) if quantization else 0,
            is_constant=bool(constant),
        )
        if min(shape, default=0) < 0:
            raise ValueError("a tensor has a side of negative length")
        if constant and tensor.dtype in _BITS and not record.sparsity:
            if len(constant) != tensor.size_bytes:  # the runtime refuses such a file too
                raise ValueError("a constant has not as many bytes as its shape says")
            if hasattr(np, tensor.dtype):
                data[index] = constant
        tensors.append(tensor)

    def existing(indices, lowest=0):
        if any(not lowest <= index < len(tensors) for index in indices):
            raise IndexError("a tensor is named that is not there")
        return indices

    def kind(record):
        code = model.operatorCodes[record.opcodeIndex]
        name = opcode_to_name(model, record.opcodeIndex)
        custom = name == "CUSTOM"
        return _text(code.customCode) if custom else name or f"operator {code.builtinCode}", custom

    def operator(index, record):
        name, custom = kind(record)
        options = record.builtinOptions or record.builtinOptions2
        return Operator(
            index=index,
            op=name,
            inputs=existing(_ints(record.inputs), lowest=-1),
            outputs=existing(_ints(record.outputs)),
            options={key: option(key, value) for key, value in (vars(options) if options else {}).items()},
            is_custom=custom,
            custom_options=b"" if record.customOptions is None else bytes(record.customOptions),
            version=model.operatorCodes[record.opcodeIndex].version,
        )

    def option(key, value):
        if isinstance(value, np.ndarray):
            return tuple(value.tolist())
        return words[key][value] if key in words else value

    def names(maps):
        named = {_text(entry.name): int(entry.tensorIndex) for entry in maps or ()}
        existing(named.values())
        return named

    return Graph(
        tensors=tuple(tensors),
        operators=tuple(operator(index, record) for index, record in enumerate(main.operators or ())),
        inputs=existing(_ints(main.inputs)),
        outputs=existing(_ints(main.outputs)),
        signatures={
            _text(signature.signatureKey): {"inputs": names(signature.inputs), "outputs": names(signature.outputs)}
            for signature in model.signatureDefs or ()
            if signature.subgraphIndex == number
        },
        description=_text(model.description),
        subgraphs=len(model.subgraphs),
        kinds=frozenset(kind(record) for subgraph in model.subgraphs for record in subgraph.operators or ()),
        _data=data,
    )


def _list(values):
    return [] if values is None else list(values)


def _ints(values):
    return tuple(int(value) for value in _list(values))
