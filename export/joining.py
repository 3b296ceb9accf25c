"""One ``.tflite`` file for several input sizes: the graphs of several files over one set of constants."""

from ..inspection.packing import share
from ..inspection.writing import written

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
    whole = schema.ModelT(version=parts[0].version, description=parts[0].description, metadata=parts[0].metadata)
    whole.subgraphs, whole.signatureDefs, whole.buffers, whole.operatorCodes = [], [], [], []
    for key, part in zip(files, parts, strict=True):
        (signature,) = part.signatureDefs
        graphs, buffers, codes = map(len, (whole.subgraphs, whole.buffers, whole.operatorCodes))
        signature.signatureKey, signature.subgraphIndex = key, signature.subgraphIndex + graphs
        for graph in part.subgraphs:
            for tensor in graph.tensors:
                tensor.buffer += buffers
            for operator in graph.operators:
                operator.opcodeIndex += codes
                _renumber_graphs(operator, graphs)
        whole.subgraphs += part.subgraphs
        whole.signatureDefs.append(signature)
        whole.buffers += part.buffers
        whole.operatorCodes += part.operatorCodes
    newest = max((_runtime(part) for part in parts), key=_version)
    for entry in whole.metadata:
        if entry.name == _RUNTIME:
            whole.buffers.append(newest)
            entry.buffer = len(whole.buffers) - 1
    share(whole)
    return written(whole)


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
