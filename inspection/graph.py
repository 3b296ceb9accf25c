"""Reading ``.tflite`` files: tensors and operators as plain values, without running anything."""

import dataclasses
import functools
import math
import os

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import read_small
from .damage import Damage, naming_damage
from .files import LONGEST
from .soundness import called, check_calls, check_numbers, check_order, check_quantization, check_shape

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

        int4 comes as int8. ``None`` for any other tensor, and for constants that NumPy has no type for, or not as they
        are stored: sparse ones, strings.
        """
        tensor = self.tensors[index]
        if index not in self._data:
            return None
        if tensor.dtype == "int4":
            return _unpacked(self._data[index], tensor.elements).reshape(tensor.shape)
        return np.frombuffer(self._data[index], tensor.dtype).reshape(tensor.shape)


def read_graph(path, number=0):
    """Reads a graph of a ``.tflite`` file, and looks at whether the file is sound.

    The whole file is: what it claims to hold is bounded by its size, what is named is there, each tensor is written
    once and before it is read, scales are above zero, and no constant holds NaN.

    Args:
        path: the file, or its content as ``bytes``.
        number: which of its graphs; the first is the one that a runtime runs unless it is asked for another.

    Returns:
        A ``Graph``.

    Raises:
        EdgezooError: the file is missing, empty, no ``.tflite`` file, or damaged.
    """
    return _read(path)[number]


def read_graphs(path):
    """The graphs of a ``.tflite`` file that can be run from outside: the first, and any other that has a signature.

    Args:
        path: as for ``read_graph``, and so are the errors.

    Returns:
        ``{number: Graph}``.
    """
    return {number: graph for number, graph in enumerate(_read(path)) if number == 0 or graph.signatures}


def _read(path):
    if isinstance(path, bytes):
        content, name = path, "the model"
    else:
        content, name = read_small(path, LONGEST), os.fspath(path)
    if content[4:8] != _IDENTIFIER:
        raise EdgezooError(f"{name} is not a .tflite file (it does not carry the identifier TFL3).")
    from .records import Records

    with naming_damage(name):
        try:
            records = Records(content)
        except (Damage, MemoryError):
            raise
        except Exception as error:  # the offsets of a damaged file lead anywhere: struct, index, type errors …
            raise Damage("it cannot be read as a .tflite file") from error
        return _graphs(records, content)


def _words(enumeration):
    return {value: word for word, value in vars(enumeration).items() if isinstance(value, int)}


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def _graphs(records, content):
    """All graphs of a file, which are looked at."""
    kinds = [_kind(code) for code in records.codes]
    graphs, seen = [], set()
    for number, subgraph in enumerate(records.graphs):
        tensors, constants = _tensors(subgraph, records.buffers, content)
        existing = functools.partial(_existing, len(tensors))
        graph = Graph(
            tensors=tensors,
            operators=tuple(
                _operator(index, record, records.codes, kinds, existing)
                for index, record in enumerate(subgraph.operators)
            ),
            inputs=existing(subgraph.inputs),
            outputs=existing(subgraph.outputs),
            signatures={
                _text(signature.signatureKey): {
                    "inputs": _ends(signature.inputs, existing),
                    "outputs": _ends(signature.outputs, existing),
                }
                for signature in records.signatures
                if signature.subgraphIndex == number
            },
            description=_text(records.description),
            subgraphs=len(records.graphs),
            kinds=frozenset(
                kinds[record.opcodeIndex]
                for each in records.graphs
                for record in each.operators
                if record.opcodeIndex < len(kinds)
            ),
            _data={index: values for index, values in constants.items() if _is_readable(tensors[index].dtype)},
        )
        check_order(graph)
        for index, values in constants.items():
            stored = subgraph.tensors[index].buffer, tensors[index].dtype
            if stored not in seen:  # many tensors may share one buffer
                seen.add(stored)
                check_numbers(graph, index, values)
        graphs.append(graph)
    for signature in records.signatures:
        if signature.subgraphIndex >= len(graphs):
            raise Damage(f"its signature {_text(signature.signatureKey)!r} is of a graph that is not there")
    check_calls(graphs)
    return graphs


def _tensors(subgraph, buffers, content):
    """``(tensors, constants)`` of a graph: a tuple, and the bytes of those that NumPy or nobody else reads."""
    from ai_edge_litert import schema_py_generated as schema

    types = {value: word.lower() for value, word in _words(schema.TensorType).items()}
    tensors, constants = [], {}
    for index, record in enumerate(subgraph.tensors):
        if record.buffer >= len(buffers):
            raise Damage(f"tensor {index} has its values in buffer {record.buffer}, and there are {len(buffers)}")
        values = _stored(buffers[record.buffer], content)
        quantization, shape = record.quantization, _ints(record.shape)
        tensor = Tensor(
            index=index,
            name=_text(record.name),
            shape=shape,
            shape_signature=_ints(record.shapeSignature) or shape,
            dtype=types.get(record.type, f"type {record.type}"),
            scale=tuple(_array(quantization and quantization.scale).tolist()),
            zero_point=_ints(quantization and quantization.zeroPoint),
            quantized_dimension=int(quantization.quantizedDimension) if quantization else 0,
            is_constant=len(values) > 0,
        )
        check_shape(tensor)
        check_quantization(tensor)
        if tensor.is_constant and tensor.dtype in _BITS and not record.sparsity:
            if len(values) != tensor.size_bytes:  # the runtime refuses such a file too
                raise Damage(f"{called(tensor)} has not as many bytes of values as its shape says")
            constants[index] = values
        tensors.append(tensor)
    return tuple(tensors), constants


def _stored(buffer, content):
    """Bytes of a constant, not copied."""
    if buffer.offset > 1:  # files over 2 GB keep their constants behind the flatbuffer
        if buffer.offset + buffer.size > len(content):
            raise Damage("values of a constant lie behind its end")
        return memoryview(content)[buffer.offset : buffer.offset + buffer.size]
    return b"" if buffer.data is None else memoryview(buffer.data)


def _is_readable(dtype):
    return dtype == "int4" or hasattr(np, dtype)


def _unpacked(content, count):
    """int8 [count] of two's complements of four bits, two a byte, the lower half first."""
    pairs = np.frombuffer(content, np.int8)
    return (np.stack([pairs << 4, pairs], axis=-1) >> 4).ravel()[:count]


def _existing(count, indices, lowest=0):
    """Numbers of tensors as a tuple, all of which are there; -1 is no tensor."""
    indices = _ints(indices)
    if missing := [index for index in indices if not lowest <= index < count]:
        raise Damage(f"tensor {missing[0]} is named and is not there")
    return indices


def _kind(code):
    """``(op, is_custom)`` of an operator code."""
    from ai_edge_litert import schema_py_generated as schema

    # What came before the 128th operator stands in the older field of one byte.
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    name = _words(schema.BuiltinOperator).get(number, f"operator {number}")
    return (_text(code.customCode), True) if name == "CUSTOM" else (name, False)


def _operator(index, record, codes, kinds, existing):
    if record.opcodeIndex >= len(codes):
        raise Damage(f"operator {index} is of kind {record.opcodeIndex}, and there are {len(codes)}")
    name, is_custom = kinds[record.opcodeIndex]
    options = record.builtinOptions or record.builtinOptions2
    return Operator(
        index=index,
        op=name,
        inputs=existing(record.inputs, lowest=-1),
        outputs=existing(record.outputs),
        options={key: _option(name, key, value) for key, value in (vars(options) if options else {}).items()},
        is_custom=is_custom,
        custom_options=b"" if record.customOptions is None else bytes(record.customOptions),
        version=codes[record.opcodeIndex].version,
    )


def _option(op, key, value):
    if isinstance(value, np.ndarray):
        return tuple(value.tolist())
    words = _option_words().get(key)
    if words and value not in words:
        raise Damage(f"{key} of an operator {op} is {value}, which stands for nothing")
    return words[value] if words else value


@functools.cache
def _option_words():
    """Name of an option → what its numbers stand for."""
    from ai_edge_litert import schema_py_generated as schema

    return {
        "padding": _words(schema.Padding),
        "fusedActivationFunction": _words(schema.ActivationFunctionType),
    }


def _ends(maps, existing):
    """Name → tensor, of a signature."""
    named = {_text(entry.name): int(entry.tensorIndex) for entry in maps or ()}
    existing(named.values())
    return named


def _array(values):
    return np.array([] if values is None else values)


def _ints(values):
    return () if values is None else tuple(map(int, values))
