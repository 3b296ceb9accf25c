"""Named entries that a ``.tflite`` file carries beside its graph."""

from ..common.errors import EdgezooError


def read_metadata(path, name):
    """One entry of a file's metadata as ``bytes``, or ``None`` if the file has none or is no sound ``.tflite`` file."""
    from ai_edge_litert import schema_py_generated as schema

    try:
        with open(path, "rb") as file:
            model = schema.Model.GetRootAs(file.read(), 0)
        for entry in map(model.Metadata, range(model.MetadataLength())):
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

    model = flatbuffer_utils.convert_bytearray_to_object(content)
    if any(buffer.offset > 1 for buffer in model.buffers):
        raise EdgezooError("files over 2 GB cannot be given metadata.")
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = list(data)
    model.buffers.append(buffer)
    entry.name, entry.buffer = name, len(model.buffers) - 1
    model.metadata = [*(model.metadata or ()), entry]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
