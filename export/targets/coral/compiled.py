"""What is inside a file that ``edgetpu_compiler`` made.

The mapped operators have become one custom operator. Its options are a FlexBuffer map (libedgetpu,
``tflite/custom_op_data.cc``), in it packages, flatbuffers of libedgetpu's ``executable/executable.fbs``; the numbers of
fields here are those of that schema.
"""

import contextlib
import dataclasses
import struct

from flatbuffers import encode, flexbuffers
from flatbuffers import number_types as numbers
from flatbuffers.table import Table

from ....common.errors import EdgezooError
from ....inspection.graph import read_graph

CUSTOM_OPERATOR = "edgetpu-custom-op"
_IDENTIFIER = b"DWN1"
_KINDS = ("stand-alone", "parameter-caching", "execution-only")
_MOST = 256
_DAMAGED = (struct.error, IndexError, KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclasses.dataclass(frozen=True)
class Executable:
    """One program for the chip.

    Attributes:
        kind: ``"stand-alone"``, ``"parameter-caching"`` (fills the chip's memory once) or ``"execution-only"`` (runs
            with what is there).
        chip: ``"beagle"``.
        parameter_bytes: parameters that it carries.
        narrow_memory_bytes: activation memory that it uses of each tile.
        cycles: what the compiler estimates, or 0.
    """

    kind: str
    chip: str
    parameter_bytes: int
    narrow_memory_bytes: int
    cycles: int


@dataclasses.dataclass(frozen=True)
class Package:
    """What one custom operator holds.

    Attributes:
        operator: index of the operator in the file.
        runtime: oldest Edge TPU runtime that runs it.
        compiler: version of the compiler, as it writes it there.
        executables: ``Executable`` each.
    """

    operator: int
    runtime: int
    compiler: str
    executables: tuple[Executable, ...]

    @property
    def cached_bytes(self):
        """Parameters that are sent to the chip once and stay there."""
        return sum(each.parameter_bytes for each in self.executables if each.kind == "parameter-caching")

    @property
    def streamed_bytes(self):
        """Parameters that are sent with every inference."""
        return sum(each.parameter_bytes for each in self.executables if each.kind != "parameter-caching")


def is_compiled(graph):
    """Whether ``edgetpu_compiler`` made a file, by its ``Graph``."""
    return any(holds_package(operator) for operator in graph.operators)


def read_compiled(path):
    """The packages of a compiled file, without running anything.

    Args:
        path: the file, or its ``Graph``.

    Returns:
        Tuple of ``Package``; empty if the file is not compiled.

    Raises:
        EdgezooError: the file is damaged.
    """
    graph = path if hasattr(path, "operators") else read_graph(path)
    packages = []
    for operator in filter(holds_package, graph.operators):
        try:
            packages.append(_package(operator.index, operator.custom_options))
        except _DAMAGED as error:
            raise EdgezooError(
                f"operator {operator.index} is damaged: it cannot be read as code for the Edge TPU."
            ) from error
    return tuple(packages)


def holds_package(operator):
    """Whether an operator is what has become of the mapped ones."""
    return operator.is_custom and operator.op == CUSTOM_OPERATOR


def _package(index, options):
    content = flexbuffers.GetRoot(options).AsMap
    serialized = [content["4"].AsStringBytes]
    with contextlib.suppress(KeyError):  # files of older compilers hold one chip's package and say nothing of others
        others = content["7"]
        serialized += [each.AsStringBytes for each in _few(others.AsVector if others.IsVector else ())]
    first = _Fields.root(serialized[0])
    return Package(
        operator=index,
        runtime=first.number(0, numbers.Int32Flags),
        compiler=first.bytes(4).decode("utf-8", "replace"),
        executables=tuple(each for part in serialized for each in _executables(_Fields.root(part))),
    )


def _executables(package):
    parts = [package] if package.has(1) else []
    parts += [_Fields.root(part.bytes(0), checked=False) for part in package.tables(6)]
    for part in parts:
        for serialized in _Fields.root(part.bytes(1), checked=False).strings(0):
            fields = _Fields.root(serialized, checked=False)
            yield Executable(
                kind=_KINDS[fields.number(13, numbers.Int16Flags)],
                chip=fields.bytes(10).decode("utf-8", "replace"),
                parameter_bytes=len(fields.bytes(6)),
                narrow_memory_bytes=fields.number(12, numbers.Int32Flags),
                cycles=fields.number(16, numbers.Int64Flags) or fields.number(11, numbers.Int32Flags),
            )


def _few(sequence):
    """A sequence if it is as long as one in such a file can be; a damaged one may claim any length."""
    if len(sequence) > _MOST:
        raise ValueError("more pieces than there can be")
    return sequence


class _Fields:
    """Fields of a flatbuffer's table by their numbers, checked against the end of the buffer."""

    def __init__(self, content, place):
        self._content, self._table = content, Table(content, place)

    @classmethod
    def root(cls, content, checked=True):
        if checked and content[4:8] != _IDENTIFIER:
            raise ValueError("no package for the Edge TPU")
        return cls(content, encode.Get(numbers.UOffsetTFlags.packer_type, content, 0))

    def _offset(self, field):
        return self._table.Offset(4 + 2 * field)

    def has(self, field):
        return bool(self._offset(field))

    def number(self, field, flags):
        offset = self._offset(field)
        return self._table.Get(flags, self._table.Pos + offset) if offset else 0

    def bytes(self, field):
        """A string or a vector of bytes; empty where it is absent."""
        offset = self._offset(field)
        return self._piece(self._table.Vector(offset), self._table.VectorLen(offset)) if offset else b""

    def strings(self, field):
        for place in self._elements(field):
            length = encode.Get(numbers.UOffsetTFlags.packer_type, self._content, place)
            yield self._piece(place + 4, length)

    def tables(self, field):
        for place in self._elements(field):
            yield _Fields(self._content, place)

    def _elements(self, field):
        offset = self._offset(field)
        if not offset:
            return
        start = self._table.Vector(offset)
        for number in _few(range(self._table.VectorLen(offset))):
            yield self._table.Indirect(start + 4 * number)

    def _piece(self, start, length):
        if not 0 <= start <= start + length <= len(self._content):
            raise ValueError("it ends before its content does")
        return bytes(self._content[start : start + length])
