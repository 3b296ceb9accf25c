"""What ``TFLITE_METADATA`` are made with: tables of a flatbuffer by the slots of their fields.

The schema is ``metadata_schema.fbs`` of tflite-support and MediaPipe. Both packages have a writer for it; neither is
light (MediaPipe brings OpenCV, and its writer does not import since 0.10.31; tflite-support ends with Python 3.11), and
a phone's files are to carry their metadata on every installation.
"""

import io
import zipfile

import flatbuffers

from .metadata import with_metadata

#: What of a flatbuffer says that it is metadata, and the date of files in an archive, so that equal files are equal.
_IDENTIFIER, _NO_DATE = b"M001", (1980, 1, 1, 0, 0, 0)


class MetadataWriter(flatbuffers.Builder):
    """A flatbuffer whose tables are made innermost first; every method returns the offset of what it has written."""

    def table(self, fields=None, **numbers):
        """A table of ``{slot: offset}`` and of numbers of one byte, ``_0=1`` in slot 0."""
        self.StartObject(9)
        for slot, offset in (fields or {}).items():
            self.PrependUOffsetTRelativeSlot(slot, offset, 0)
        for slot, number in numbers.items():
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

    def into(self, content, model, files=None):
        """The content of a ``.tflite`` file with these metadata.

        Args:
            content: ``bytes`` of a file without metadata of this kind.
            model: offset of their ``ModelMetadata``.
            files: name → ``bytes`` of what goes with the model: a ZIP archive behind the flatbuffer.

        Raises:
            EdgezooError: as ``with_metadata``.
        """
        self.Finish(model, _IDENTIFIER)
        whole = io.BytesIO(with_metadata(content, "TFLITE_METADATA", bytes(self.Output())))
        if files:
            with zipfile.ZipFile(whole, "a") as archive:
                for name, data in files.items():
                    archive.writestr(zipfile.ZipInfo(name, _NO_DATE), data)
        return whole.getvalue()
