"""How a ``.tflite`` file is written: what is equal stands in it once, and is pointed to from everywhere."""

import flatbuffers
import numpy as np

#: Where the schema wants the values of constants to begin, for whoever reads them in place (TFLM, XNNPACK).
_ALIGNMENT = 16


def written(model):
    """The content of a file.

    Args:
        model: ``ModelT``. Equal texts, vectors and tables in it are written once, whole tensors and operators included.

    Returns:
        ``bytes``.
    """
    builder = _Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class _Builder(flatbuffers.Builder):
    """Knows what it has written. A table is kept back until it is complete, and written only if there is none like it.

    Tables that are equal have equal fields; what these point to is written before, and once, so that it is at the same
    place.
    """

    def __init__(self, size):
        super().__init__(size)
        self._known, self._fields = {}, []

    def CreateString(self, text, *how):
        return self._once((text, how), super().CreateString, text, *how)

    def CreateNumpyVector(self, numbers):
        return self._once((numbers.dtype.str, numbers.tobytes()), self._vector, numbers)

    def StartObject(self, numfields):
        super().StartObject(numfields)
        self._fields = []

    def PrependSlot(self, *field):
        self._fields.append((super().PrependSlot, field))

    def PrependUOffsetTRelativeSlot(self, *field):
        self._fields.append((super().PrependUOffsetTRelativeSlot, field))

    def EndObject(self):
        key = tuple((method.__name__, *field) for method, field in self._fields)
        if key in self._known:
            self.nested, self.current_vtable = False, None
        return self._once(key, self._table)

    def _table(self):
        for method, field in self._fields:
            method(*field)
        return super().EndObject()

    def _vector(self, numbers):
        if numbers.dtype == np.uint8:
            self.Prep(_ALIGNMENT, numbers.nbytes)
        return super().CreateNumpyVector(numbers)

    def _once(self, key, create, *arguments):
        if key not in self._known:
            self._known[key] = create(*arguments)
        return self._known[key]
