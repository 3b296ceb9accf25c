"""Class names inside a ``.tflite`` file, where other makers' tools put them (TensorFlow's "TFLite Metadata").

A ZIP archive with text files follows the model. Which of them names an output's classes is said by the metadata entry
``TFLITE_METADATA``, a flatbuffer of its own (``metadata_schema.fbs`` of tflite-support, whose numbers are here).
"""

import zipfile

from flatbuffers.table import Table

from ..common.text import lines_of
from .metadata import read_metadata

#: What is unpacked at most; the names of a million classes are not longer.
_MOST_BYTES = 16 << 20
_MOST_ITEMS = 100
#: Places of fields, and of a kind of file.
_SUBGRAPHS, _OUTPUTS, _FILES, _NAME, _TYPE, _LOCALE = 3, 3, 6, 0, 2, 3
_AXIS_LABELS = 2


def embedded_labels(path):
    """The lines of the label file that a ``.tflite`` file carries for its first output, or ``None``.

    Of several languages the one without a locale counts, else the first. Nothing is written to the disk.
    """
    try:
        if not zipfile.is_zipfile(path):
            return None
        entry = read_metadata(path, "TFLITE_METADATA")
        metadata = Table(entry, int.from_bytes(entry[:4], "little"))
        output = _tables(_tables(metadata, _SUBGRAPHS)[0], _OUTPUTS)[0]
        files = [file for file in _tables(output, _FILES) if _number(file, _TYPE) == _AXIS_LABELS]
        files.sort(key=lambda file: _text(file, _LOCALE) != "")
        with zipfile.ZipFile(path) as archive, archive.open(_text(files[0], _NAME)) as file:
            content = file.read(_MOST_BYTES + 1)
        return lines_of(content) if len(content) <= _MOST_BYTES else None
    except MemoryError:
        raise
    except Exception:  # the offsets of a damaged file lead anywhere, and archives can be broken in many ways
        return None


def _tables(table, field):
    start, count = table.Vector(table.Offset(4 + 2 * field)), table.VectorLen(table.Offset(4 + 2 * field))
    return [Table(table.Bytes, table.Indirect(start + 4 * k)) for k in range(min(count, _MOST_ITEMS))]


def _text(table, field):
    offset = table.Offset(4 + 2 * field)
    return table.String(offset + table.Pos).decode() if offset else ""


def _number(table, field):
    offset = table.Offset(4 + 2 * field)
    return table.Bytes[offset + table.Pos] if offset else 0
