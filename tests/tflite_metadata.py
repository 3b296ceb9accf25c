"""What tflite-support and MediaPipe write into a ``.tflite`` file: normalization, and class names."""

from edgezoo.inspection.metadata_writer import MetadataWriter

AXIS_LABELS = 2
_NORMALIZATION, _ANOTHER_UNIT = 1, 3


def described(content, mean, std):
    """The content of a ``.tflite`` file whose metadata say ``(pixel - mean) / std``, lists of floats, of its input."""
    writer = MetadataWriter()
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
    writer, entries = MetadataWriter(), []
    for name in files:
        fields = {0: writer.CreateString(name)}
        if locales and name in locales:
            fields[3] = writer.CreateString(locales[name])
        entries.append(writer.table(fields, _2=kind))
    output = writer.table({0: writer.CreateString("probability"), 6: writer.tables(entries)})
    subgraph = writer.table({3: writer.tables([output])})
    model = writer.table({0: writer.CreateString("somebody's"), 3: writer.tables([subgraph])})
    return writer.into(content, model, files)
