"""Class names inside a ``.tflite`` file, where other makers' tools put them (TensorFlow's "TFLite Metadata").

A ZIP archive with text files follows the model. Which of them names an output's classes is said by the file's metadata
(``metadata.described_tensors``).
"""

import zipfile

from ..common.files import existing_file
from ..common.text import lines_of
from .metadata import OUTPUTS, byte, described_tensors, tables

#: What is unpacked at most; the names of a million classes are not longer.
_MOST_BYTES = 16 << 20
#: Places of fields in the schema, and a kind of file.
_FILES, _NAME, _TYPE, _LOCALE = 6, 0, 2, 3
_AXIS_LABELS = 2


def embedded_labels(path):
    """The lines of the label file that a ``.tflite`` file carries for its first output, or ``None``.

    Of several languages the one without a locale counts, else the first. Nothing is written to the disk.
    """
    try:
        if not zipfile.is_zipfile(existing_file(path)):
            return None
        output = described_tensors(path, OUTPUTS)[0]
        files = [file for file in tables(output, _FILES) if byte(file, _TYPE) == _AXIS_LABELS]
        files.sort(key=lambda file: _text(file, _LOCALE) != "")
        with zipfile.ZipFile(path) as archive, archive.open(_text(files[0], _NAME)) as file:
            content = file.read(_MOST_BYTES + 1)
        return lines_of(content) if len(content) <= _MOST_BYTES else None
    except MemoryError:
        raise
    except Exception:  # the offsets of a damaged file lead anywhere, and archives can be broken in many ways
        return None


def _text(table, field):
    offset = table.Offset(4 + 2 * field)
    return table.String(offset + table.Pos).decode() if offset else ""
