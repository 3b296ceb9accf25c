"""Several arrays as one, since a message between processes has at most one."""

import numpy as np


def packed(arrays):
    """``(shapes, float32 [all values])`` of a list of arrays."""
    arrays = [np.asarray(array, np.float32) for array in arrays]
    values = np.concatenate([array.ravel() for array in arrays]) if arrays else np.zeros(0, np.float32)
    return [array.shape for array in arrays], values


def unpacked(shapes, values):
    """The list of arrays that ``packed`` was given, as views."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes], dtype=int)
    return [part.reshape(shape) for part, shape in zip(np.split(values, ends)[: len(shapes)], shapes, strict=True)]
