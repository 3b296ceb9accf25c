"""What tflite-support and MediaPipe write into a ``.tflite`` file: normalization, and class names."""

import io
import zipfile

import flatbuffers

from edgezoo.inspection.metadata import with_metadata

AXIS_LABELS = 2
_NORMALIZATION, _ANOTHER_UNIT = 1, 3


class _Writer(flatbuffers.Builder):
    """Tables by the slots of their fields."""

    def table(self, fields=None, **scalars):
        """A table of ``{slot: offset}`` and of bytes, ``_0=1``."""
        self.StartObject(9)
        for slot, offset in (fields or {}).items():
            self.PrependUOffsetTRelativeSlot(slot, offset, 0)
        for slot, number in scalars.items():
            self.PrependUint8Slot(int(slot[1:]), number, 0)
        return self.EndObject()

    def tables(self, offsets):
        """A vector of tables."""
        self.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.PrependUOffsetTRelative(offset)
        return self.EndVector()

    def floats(self, numbers):
        """A vector of float32."""
        self.StartVector(4, len(numbers), 4)
        for number in reversed(numbers):
            self.PrependFloat32(number)
        return self.EndVector()

    def into(self, content, model):
        """``content`` of a file with the metadata ``model``."""
        self.Finish(model, b"M001")
        return with_metadata(content, "TFLITE_METADATA", bytes(self.Output()))


def described(content, mean, std):
    """The content of a ``.tflite`` file whose metadata say ``(pixel - mean) / std``, lists of floats, of its input."""
    writer = _Writer()
    options = writer.table({0: writer.floats(mean), 1: writer.floats(std)})
    normalization = writer.table({1: options}, _0=_NORMALIZATION)
    another = writer.table({1: writer.table()}, _0=_ANOTHER_UNIT)
    image = writer.table({0: writer.CreateString("image"), 4: writer.tables([another, normalization])})
    return writer.into(content, writer.table({3: writer.tables([writer.table({2: writer.tables([image])})])}))


def labelled(content, files, kind=AXIS_LABELS, locales=None):
    """The content of a ``.tflite`` file with label files for its output.

    Args:
        content: of the file.
        files: name of each label file → its content.
        kind: the ``AssociatedFileType`` of them.
        locales: name of a label file → its language.
    """
    writer, entries = _Writer(), []
    for name in files:
        fields = {0: writer.CreateString(name)}
        if locales and name in locales:
            fields[3] = writer.CreateString(locales[name])
        entries.append(writer.table(fields, _2=kind))
    output = writer.table({0: writer.CreateString("probability"), 6: writer.tables(entries)})
    subgraph = writer.table({3: writer.tables([output])})
    model = writer.table({0: writer.CreateString("somebody's"), 3: writer.tables([subgraph])})
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return writer.into(content, model) + archive.getvalue()
