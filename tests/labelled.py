"""Class names inside a ``.tflite`` file, as tflite-support and MediaPipe write them."""

import io
import zipfile

import flatbuffers

from edgezoo.inspection.metadata import with_metadata

AXIS_LABELS = 2


def labelled(content, files, kind=AXIS_LABELS, locales=None):
    """The content of a ``.tflite`` file with label files for its output.

    Args:
        content: of the file.
        files: name of each label file → its content.
        kind: the ``AssociatedFileType`` of them.
        locales: name of a label file → its language.
    """
    builder = flatbuffers.Builder()

    def table(fields, **offsets):
        """Fields are slots → offsets; ``kind`` goes into slot 2."""
        builder.StartObject(9)
        for slot, offset in fields.items():
            builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
        if "kind" in offsets:
            builder.PrependInt8Slot(2, offsets["kind"], 0)
        return builder.EndObject()

    def vector(tables):
        builder.StartVector(4, len(tables), 4)
        for offset in reversed(tables):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    entries = []
    for name in files:
        fields = {0: builder.CreateString(name)}
        if locales and name in locales:
            fields[3] = builder.CreateString(locales[name])
        entries.append(table(fields, kind=kind))
    output = table({0: builder.CreateString("probability"), 6: vector(entries)})
    subgraph = table({3: vector([output])})
    builder.Finish(table({0: builder.CreateString("somebody's"), 3: vector([subgraph])}), b"M001")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return with_metadata(content, "TFLITE_METADATA", bytes(builder.Output())) + archive.getvalue()
