"""One ``.tflite`` file for several input sizes: the graphs of several files over one set of constants."""

import flatbuffers
import numpy as np

#: Metadata entry that says which runtime is new enough for a file.
_RUNTIME = b"min_runtime_version"


def joined(files):
    """The content of a file that has the graphs of several, each behind a signature of its own.

    What is equal is stored once: constants, but also whole tensors with their names and scales, operators and texts. Of
    an int8 file's constants only the biases can differ from size to size, since the ranges of activations do.

    Args:
        files: signature → content of a ``.tflite`` file with one signature, as an export makes it; the first graph of
            the first is the one that an interpreter runs unless it is asked for another.

    Returns:
        ``bytes``, with the metadata of the first file and the newest of their minimum runtime versions.
    """
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    parts = [flatbuffer_utils.convert_bytearray_to_object(content) for content in files.values()]
    whole = schema.ModelT(version=parts[0].version, description=parts[0].description)
    whole.subgraphs, whole.signatureDefs = [], []
    buffers, codes, once = _Pool(), _Pool(), _Pool()
    buffers.place(schema.BufferT())  # the first one is that of tensors without a content
    for key, part in zip(files, parts, strict=True):
        (signature,) = part.signatureDefs
        before = len(whole.subgraphs)
        signature.signatureKey, signature.subgraphIndex = key, signature.subgraphIndex + before
        whole.signatureDefs.append(signature)
        for graph in part.subgraphs:
            for tensor in graph.tensors:
                tensor.buffer = buffers.place(part.buffers[tensor.buffer])
            for operator in graph.operators:
                operator.opcodeIndex = codes.place(part.operatorCodes[operator.opcodeIndex])
                _renumber_graphs(operator, before)
            graph.tensors = [once.item(tensor) for tensor in graph.tensors]
            graph.operators = [once.item(operator) for operator in graph.operators]
            whole.subgraphs.append(graph)
    whole.metadata = parts[0].metadata
    newest = max((_runtime(part) for part in parts), key=_version)
    for entry in whole.metadata:
        entry.buffer = buffers.place(newest if entry.name == _RUNTIME else parts[0].buffers[entry.buffer])
    whole.buffers, whole.operatorCodes = buffers.items, codes.items
    builder = _Builder(1024)
    builder.Finish(whole.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _renumber_graphs(operator, before):
    """The graphs that an operator such as WHILE calls are behind those of the files before."""
    for options in filter(None, (operator.builtinOptions, operator.builtinOptions2)):
        for name, value in vars(options).items():
            if name == "subgraph" or name.lower().endswith("subgraphindex"):
                setattr(options, name, value + before)


def _runtime(part):
    """The buffer of a file's minimum runtime version."""
    return next((part.buffers[entry.buffer] for entry in part.metadata if entry.name == _RUNTIME), None)


def _version(buffer):
    """``b"1.14.0\\0\\0…"`` in a form that can be ordered."""
    text = bytes(buffer.data).rstrip(b"\0") if buffer else b""
    return [int(number) if number.isdigit() else 0 for number in text.split(b".")]


class _Pool:
    """Distinct items in the order in which they come; equal ones are one."""

    def __init__(self):
        self.items, self._places = [], {}

    def place(self, item):
        """The item's place among the distinct ones, at the end where it is new."""
        place = self._places.setdefault(_content(item), len(self.items))
        if place == len(self.items):
            self.items.append(_Once(item))
        return place

    def item(self, item):
        """The one that stands for all that are equal to it."""
        return self.items[self.place(item)]


class _Once:
    """An object of a flatbuffer that is written where it is first needed, and pointed to from then on."""

    def __init__(self, item):
        self._item, self._written = item, None

    def Pack(self, builder):  # the name that the schema's classes call it by
        if self._written is None:
            self._written = self._item.Pack(builder)
        return self._written


def _content(value):
    """What an object of a flatbuffer holds, as something that can be compared and hashed."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tobytes()
    if isinstance(value, list):
        return tuple(map(_content, value))
    return (type(value), *map(_content, vars(value).values())) if hasattr(value, "__dict__") else value


class _Builder(flatbuffers.Builder):
    """Writes equal texts and vectors of numbers once."""

    def __init__(self, size):
        super().__init__(size)
        self._known = {}

    def CreateString(self, text, *how):
        return self._once((text, how), super().CreateString, text, *how)

    def CreateNumpyVector(self, numbers):
        return self._once(_content(numbers), super().CreateNumpyVector, numbers)

    def _once(self, key, create, *arguments):
        if key not in self._known:
            self._known[key] = create(*arguments)
        return self._known[key]
