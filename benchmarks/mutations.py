"""Damaged copies of a ``.tflite`` file, each made again by its number.

What is damaged is mostly the file's structure: nearly all bytes of a network are weights, where a flipped bit only
makes another network.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

#: Words that sizes, offsets and numbers of tensors are replaced by.
_EXTREME = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FC00000, 0x7F800000)
_MOST_CHANGES = 4
#: Share of changes that hit anything, weights included.
_ANYWHERE = 0.15


class Mutations:
    """The damaged copies of one file.

    Args:
        content: ``bytes`` of a sound ``.tflite`` file.
        seed: of all of them.
    """

    def __init__(self, content, seed=0):
        self._content, self._seed = content, seed
        self._structure = np.flatnonzero(~_constants(content))

    def __call__(self, number):
        """``(kind, content)`` of the damaged copy with this number."""
        rng = np.random.default_rng((self._seed, number))
        kind = list(_KINDS)[number % len(_KINDS)]
        changed = np.frombuffer(self._content, np.uint8).copy()
        return kind, _KINDS[kind](changed, rng, lambda: self._place(rng)).tobytes()

    def _place(self, rng):
        """A byte that is worth damaging."""
        return int(rng.integers(len(self._content)) if rng.random() < _ANYWHERE else rng.choice(self._structure))


def _constants(content):
    """Which bytes are values of constants: bool [bytes]."""
    mask, base = np.zeros(len(content), bool), np.frombuffer(content, np.uint8)
    model = schema.Model.GetRootAs(content, 0)
    for place in range(model.BuffersLength()):
        buffer = model.Buffers(place)
        if buffer.DataLength() > 64:  # shorter ones may be shapes and axes
            data = buffer.DataAsNumpy()
            start = data.__array_interface__["data"][0] - base.__array_interface__["data"][0]
            mask[start : start + len(data)] = True
    return mask


def _flip(content, rng, place):
    for _ in range(rng.integers(1, _MOST_CHANGES + 1)):
        content[place()] ^= 1 << rng.integers(8)
    return content


def _truncate(content, rng, place):
    return content[: rng.integers(8, len(content))]


def _swap(content, rng, place):
    words = content[: len(content) // 4 * 4].view("<u4")
    for _ in range(rng.integers(1, _MOST_CHANGES + 1)):
        one, other = place() // 4 % len(words), place() // 4 % len(words)
        words[[one, other]] = words[[other, one]]
    return content


def _replace(content, rng, place):
    words = content[: len(content) // 4 * 4].view("<u4")
    for _ in range(rng.integers(1, _MOST_CHANGES + 1)):
        words[place() // 4 % len(words)] = rng.choice(_EXTREME)
    return content


def _shift(content, rng, place):
    """Offsets that lead a few bytes beside."""
    words = content[: len(content) // 4 * 4].view("<i4")
    for _ in range(rng.integers(1, _MOST_CHANGES + 1)):
        words[place() // 4 % len(words)] += rng.integers(-64, 65)
    return content


def _copy(content, rng, place):
    """A stretch of the file over another."""
    length = int(rng.integers(4, 65))
    start, target = (min(place(), len(content) - length) for _ in range(2))
    content[target : target + length] = content[start : start + length].copy()
    return content


def _numbers(content, rng, place):
    """Other values in a file that is well-formed: of options, sizes, types, places of tensors and of constants."""
    return _edited(content, rng, lambda value: isinstance(value, (int, float)))


def _lists(content, rng, place):
    """Other values in its lists: shapes, scales, zero points, inputs and outputs."""
    return _edited(content, rng, lambda value: isinstance(value, np.ndarray) and 0 < value.size <= 64)


def _edited(content, rng, fits):
    model = flatbuffer_utils.convert_bytearray_to_object(bytes(content))
    fields = [(record, name) for record, name, value in _fields(model) if fits(value)]
    for _ in range(rng.integers(1, _MOST_CHANGES + 1)):
        record, name = fields[rng.integers(len(fields))]
        before = getattr(record, name)
        setattr(record, name, _another(before, rng))
        try:
            packed = bytes(flatbuffer_utils.convert_object_to_bytearray(model))
        except Exception:  # a number that the field cannot hold
            setattr(record, name, before)
            continue
        content = np.frombuffer(packed, np.uint8)
    return content


def _fields(record):
    """``(record, name, value)`` of all fields, those of records inside included, constants' bytes left out."""
    for name, value in vars(record).items():
        if hasattr(value, "__dict__"):
            yield from _fields(value)
        elif isinstance(value, list):
            for each in value:
                if hasattr(each, "__dict__"):
                    yield from _fields(each)
        elif value is not None and not isinstance(record, schema.BufferT):
            yield record, name, value


def _another(value, rng):
    if isinstance(value, np.ndarray):
        changed = value.copy()
        changed[rng.integers(value.size)] = _another(value.flat[0].item(), rng)
        return changed[: rng.integers(value.size)] if rng.random() < 0.2 else changed
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return float(rng.choice([0.0, -1.0, np.nan, np.inf, 1e-40, 1e38, value * 2]))
    return int(rng.choice([-1, 0, 1, 2, 3, 7, 127, value + 1, value - 1, 65535, 2**31 - 1, -(2**31)]))


#: Kinds of damage, in turn by number.
_KINDS = {
    "numbers changed": _numbers,
    "lists changed": _lists,
    "bits flipped": _flip,
    "truncated": _truncate,
    "words swapped": _swap,
    "words replaced": _replace,
    "words shifted": _shift,
    "bytes copied": _copy,
}
