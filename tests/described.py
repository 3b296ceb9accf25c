"""Normalization inside a ``.tflite`` file, as tflite-support and MediaPipe write it."""

import flatbuffers

from edgezoo.inspection.metadata import with_metadata


def described(content, mean, std):
    """The content of a ``.tflite`` file whose metadata say ``(pixel - mean) / std``, lists of floats, of its input."""
    builder = flatbuffers.Builder()

    def table(kind=None, **offsets):
        """Offsets by the slots of their fields, ``_3=…``; ``kind`` goes into slot 0."""
        builder.StartObject(9)
        if kind is not None:
            builder.PrependUint8Slot(0, kind, 0)
        for slot, offset in offsets.items():
            builder.PrependUOffsetTRelativeSlot(int(slot[1:]), offset, 0)
        return builder.EndObject()

    def vector(tables):
        builder.StartVector(4, len(tables), 4)
        for offset in reversed(tables):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    def floats(numbers):
        builder.StartVector(4, len(numbers), 4)
        for number in reversed(numbers):
            builder.PrependFloat32(number)
        return builder.EndVector()

    normalization = table(kind=1, _1=table(_0=floats(mean), _1=floats(std)))
    another = table(kind=3, _1=table())
    image = table(_0=builder.CreateString("image"), _4=vector([another, normalization]))
    builder.Finish(table(_3=vector([table(_2=vector([image]))])), b"M001")
    return with_metadata(content, "TFLITE_METADATA", bytes(builder.Output()))
