"""Several arrays as one, since a message between processes has at most one."""

import numpy as np


def packed(arrays):
    """``(forms, uint8 [all bytes])`` of a list of arrays: the type and shape of each, and their values."""
    arrays = [np.asarray(array) for array in arrays]
    content = b"".join(array.tobytes() for array in arrays)
    return [[array.dtype.str, array.shape] for array in arrays], np.frombuffer(bytearray(content), np.uint8)


def unpacked(forms, values):
    """The list of arrays that ``packed`` was given, as views."""
    arrays, start = [], 0
    for kind, shape in forms:
        array = np.frombuffer(values, kind, int(np.prod(shape)), start).reshape(shape)
        arrays.append(array)
        start += array.nbytes
    return arrays
