"""The same network in fewer bytes: a ``.tflite`` file is written anew, without what is in it twice or for nobody.

Runtimes and compilers find the same tensors and operators under the same numbers, with the same values. What differs is
how often these are written, and what inner tensors are called.
"""

import collections
import functools
import io
import types
import zipfile

from ai_edge_litert import schema_py_generated as schema
from flatbuffers.number_types import SOffsetTFlags, VOffsetTFlags

from .scopes import Scopes
from .writing import written

#: Custom operators that hold, or point to, a program that a compiler has made for this very file.
_COMPILED = {b"edgetpu-custom-op": "the Edge TPU", b"DISPATCH_OP": "an NPU"}
_MORE = "it holds more than this version of edgezoo knows of such files"


def packed(content, numbered=False):
    """Packs a file.

    Equal tables, vectors and texts are written once, and equal constants kept once. Names of inner tensors become those
    of their layers (``Scopes``); those of inputs, outputs and signatures stay. What nothing refers to goes, and so do
    the least and greatest values of quantized tensors, which nobody asks for beside scale and zero point. Metadata
    stay, the archive of their files behind the flatbuffer included. A packed file is packed to itself.

    Args:
        content: ``bytes`` of a ``.tflite`` file that ``read_graph`` finds sound.
        numbered: as of ``Scopes``.

    Returns:
        ``(content, why)``: ``why`` is ``None``, or says why the content is as it was.
    """
    root = schema.Model.GetRootAs(content, 0)
    if root.ExternalBufferGroupsLength() or root.ExternalBuffersLength() or root.MetadataBufferLength():
        return content, _MORE
    model = schema.ModelT.InitFromObj(root)
    if why := _reason_against(root, model):
        return content, why
    signatures = model.signatureDefs or ()
    for number, graph in enumerate(model.subgraphs):
        of_graph = [each for each in signatures if each.subgraphIndex == number]
        named = {end.tensorIndex for each in of_graph for end in (*(each.inputs or ()), *(each.outputs or ()))}
        _rename(graph, {*graph.inputs, *graph.outputs, *named}, numbered)
        for tensor in graph.tensors:
            if tensor.quantization and tensor.quantization.scale is not None:
                tensor.quantization.min = tensor.quantization.max = None
    share(model)
    return _with_archive_of(content, written(model)), None


def share(model):
    """Leaves each constant and each kind of operator of a ``ModelT`` once, and none that nothing refers to."""
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    operators = [operator for graph in model.subgraphs for operator in graph.operators]
    readers = [*tensors, *(model.metadata or ())]
    values = [None if buffer.data is None else bytes(buffer.data) for buffer in model.buffers]
    # The first buffer stands for no values. Other empty ones are the same.
    model.buffers, places = _distinct(model.buffers, values, {0, *(each.buffer for each in readers)})
    for each in readers:
        each.buffer = places[each.buffer]
    kinds = [tuple(vars(code).values()) for code in model.operatorCodes]
    used = {each.opcodeIndex for each in operators}
    model.operatorCodes, places = _distinct(model.operatorCodes, kinds, used)
    for each in operators:
        each.opcodeIndex = places[each.opcodeIndex]


def _distinct(items, keys, used):
    """Those of the items that are used, equal ones once; and for each old place that is used the new one."""
    kept, places, known = [], {}, {}
    for place in sorted(used):
        places[place] = known.setdefault(keys[place], len(kept))
        if places[place] == len(kept):
            kept.append(items[place])
    return kept, places


def _rename(graph, kept, numbered):
    """Inner tensors are called after their layers; each has a name of its own, since tools tell them by it."""
    names = [(tensor.name or b"").decode("utf-8", "replace") for tensor in graph.tensors]
    written = sorted({operator.outputs[0] for operator in graph.operators if len(operator.outputs)})
    scopes = Scopes((names[index] for index in written), numbered)
    short = {index: scopes.shortened(names[index]) for index in written}
    short = {**short, **{k: scopes.shortened(name, False) for k, name in enumerate(names) if k not in short}}
    changed = [index for index, name in short.items() if index not in kept and name != names[index]]
    taken, times = {*names} - {names[index] for index in changed}, collections.Counter()
    for index in changed:
        name = short[index]
        while name in taken:
            times[short[index]] += 1
            name = f"{short[index]};{times[short[index]]}"
        taken.add(name)
        graph.tensors[index].name = name


def _reason_against(root, model):
    """Why a file is left alone, or ``None``."""
    for code in model.operatorCodes:
        if device := _COMPILED.get(code.customCode):
            return f"it is compiled for {device}"
    operators = [operator for graph in model.subgraphs for operator in graph.operators]
    if any(buffer.offset > 1 for buffer in model.buffers) or any(each.largeCustomOptionsOffset for each in operators):
        return "its constants lie behind the flatbuffer, as those of files over 2 GB do"
    if model.buffers[0].data is not None:
        return "its first buffer, which stands for no values, has some"
    return None if _is_all(root, model) else _MORE


def _is_all(root, model):
    """Whether the schema that is here has a place for all that is in a file; the schema grows."""
    tables = [(root._tab, model)]
    for graph, record in zip(map(root.Subgraphs, range(len(model.subgraphs))), model.subgraphs, strict=True):
        tables.append((graph._tab, record))
        for table, tensor in zip(map(graph.Tensors, range(len(record.tensors))), record.tensors, strict=True):
            tables += [(table._tab, tensor), (getattr(table.Quantization(), "_tab", None), tensor.quantization)]
        for table, operator in zip(map(graph.Operators, range(len(record.operators))), record.operators, strict=True):
            tables += [(table._tab, operator), (table.BuiltinOptions(), operator.builtinOptions)]
            tables += [(table.BuiltinOptions2(), operator.builtinOptions2)]
    return all(_fields(table) <= _known_fields(type(record)) for table, record in tables if table)


def _fields(table):
    """Number of fields that a table of a flatbuffer has a place for."""
    start = table.Pos - table.Get(SOffsetTFlags, table.Pos)
    return table.Get(VOffsetTFlags, start) // VOffsetTFlags.bytewidth - 2


@functools.cache
def _known_fields(kind):
    """The same of the schema's tables of a kind, ``TensorT`` for example; -1 of none that it knows."""
    counts = [-1]
    start = getattr(schema, f"{kind.__name__[:-1]}Start", None)
    if start:
        start(types.SimpleNamespace(StartObject=counts.append))
    return counts[-1]


def _with_archive_of(content, new):
    """A new flatbuffer with the ZIP archive that stands behind another."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            start = min(entry.header_offset for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError):  # none, or an empty one
        return new
    whole = io.BytesIO(new + content[start:])
    with zipfile.ZipFile(whole, "a") as archive:
        archive.comment = archive.comment  # its directory is written anew, with the places that the files have now
    return whole.getvalue()
