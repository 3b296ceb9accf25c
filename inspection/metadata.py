"""Named entries that a ``.tflite`` file carries beside its graph.

One of them, ``TFLITE_METADATA``, says what other makers' tools know of the file's inputs and outputs ("TFLite
Metadata"): a flatbuffer of its own, whose tables are read here by the numbers of their fields in
``metadata_schema.fbs`` of tflite-support.
"""

import numpy as np
from flatbuffers.table import Table

from ..common.errors import EdgezooError
from ..common.files import read_small
from .files import LONGEST

#: Fields of ModelMetadata and of SubGraphMetadata.
_SUBGRAPHS, INPUTS, OUTPUTS = 3, 2, 3
_MOST_ITEMS = 100


def read_metadata(path, name):
    """One entry of a file's metadata as ``bytes``, or ``None`` if the file has none or is no sound ``.tflite`` file."""
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = schema.Model.GetRootAs(read_small(path, LONGEST), 0)
        for entry in map(model.Metadata, range(min(model.MetadataLength(), _MOST_ITEMS))):
            if entry.Name() == name.encode():
                return model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    except MemoryError:
        raise
    except Exception:  # the offsets of a damaged file lead anywhere
        pass
    return None


def with_metadata(content, name, data):
    """The content of a ``.tflite`` file with one more entry of metadata.

    Args:
        content: ``bytes`` of a file without such an entry.
        name: of the entry.
        data: its ``bytes``.

    Raises:
        EdgezooError: the file keeps its constants behind the flatbuffer, as files over 2 GB do.
    """
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    from .writing import written

    model = flatbuffer_utils.convert_bytearray_to_object(content)
    if any(buffer.offset > 1 for buffer in model.buffers):
        raise EdgezooError("files over 2 GB cannot be given metadata.")
    model.buffers.append(schema.BufferT(data=np.frombuffer(data, np.uint8)))
    model.metadata = [*(model.metadata or ()), schema.MetadataT(name=name, buffer=len(model.buffers) - 1)]
    return written(model)


def described_tensors(path, which):
    """The tables that a file's ``TFLITE_METADATA`` has of its inputs or outputs, ``TensorMetadata`` of the schema.

    Args:
        path: ``.tflite`` file.
        which: ``INPUTS`` or ``OUTPUTS``.

    Raises:
        Exception: of any kind, as from all that reads these tables: there are none, or their offsets lead anywhere.
    """
    entry = read_metadata(path, "TFLITE_METADATA")
    return tables(tables(Table(entry, int.from_bytes(entry[:4], "little")), _SUBGRAPHS)[0], which)


def tables(table, field):
    """The tables in a field of a ``flatbuffers`` table."""
    start, count = table.Vector(table.Offset(4 + 2 * field)), table.VectorLen(table.Offset(4 + 2 * field))
    return [Table(table.Bytes, table.Indirect(start + 4 * k)) for k in range(min(count, _MOST_ITEMS))]


def byte(table, field):
    """The number, one byte long, in a field; 0 where it is left out."""
    offset = table.Offset(4 + 2 * field)
    return table.Bytes[offset + table.Pos] if offset else 0
