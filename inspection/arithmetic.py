"""Convolution arithmetic in whole numbers, without a framework: sizes, receptive fields, memory.

Sizes follow the textbook formula ⌊(n + 2p − f)/s⌋ + 1 with the kernel's extent f = d(k − 1) + 1. The receptive field
follows Araujo, Norris and Sim 2019, «Computing Receptive Fields of Convolutional Neural Networks» (Distill):
r ← r + (f − 1)·j and j ← j·s, where j is the distance of neighbouring outputs in input pixels.
"""

import dataclasses
import math


def extent(kernel, dilation=1):
    """Pixels from the first to the last tap of a dilated kernel: d(k − 1) + 1."""
    return dilation * (kernel - 1) + 1


def output_size(n, kernel, stride=1, padding="valid", dilation=1):
    """Size that a convolution or pooling window leaves of ``n`` pixels along one axis.

    Args:
        n: input size in pixels.
        kernel, stride, dilation: of that axis, positive.
        padding: pixels added at each end, or ``"valid"`` (none), or ``"same"``: as many as ⌈n/stride⌉ outputs need,
            which may be one more at the end than at the beginning.

    Returns:
        Number of outputs, 0 if the window does not fit.

    Raises:
        ValueError: ``padding`` is none of these.
    """
    if padding == "same":
        return -(-n // stride)
    pixels = 0 if padding == "valid" else padding
    if not isinstance(pixels, int) or pixels < 0:
        raise ValueError(f"`padding` must be 'same', 'valid' or a number of pixels. Received: padding={padding!r}")
    return max((n + 2 * pixels - extent(kernel, dilation)) // stride + 1, 0)


def same_padding(n, kernel, stride=1, dilation=1):
    """Pixels that ``padding="same"`` adds ``(before, after)`` along one axis, in TensorFlow's way."""
    missing = max((output_size(n, kernel, stride, "same") - 1) * stride + extent(kernel, dilation) - n, 0)
    return missing // 2, missing - missing // 2


@dataclasses.dataclass(frozen=True)
class Field:
    """What one output of a layer sees of the image, as (height, width) pairs.

    Attributes:
        size: receptive field in pixels. It may exceed the image: the rest is padding.
        jump: distance of neighbouring outputs in pixels; below 1 behind an enlargement.
    """

    size: tuple[float, float] = (1, 1)
    jump: tuple[float, float] = (1, 1)

    def through(self, kernel, stride, dilation):
        """The field behind a window with these (height, width) pairs."""
        size = (r + (extent(k, d) - 1) * j for r, k, d, j in zip(self.size, kernel, dilation, self.jump, strict=True))
        return Field(tuple(size), tuple(j * s for j, s in zip(self.jump, stride, strict=True)))

    def through_transposed(self, kernel, stride, dilation):
        """The field behind a transposed window of extent f: an output meets inputs of at most ⌈f/s⌉ places."""
        places = (math.ceil(extent(k, d) / s) for k, s, d in zip(kernel, stride, dilation, strict=True))
        size = (r + (n - 1) * j for r, n, j in zip(self.size, places, self.jump, strict=True))
        return Field(tuple(size), tuple(j / s for j, s in zip(self.jump, stride, strict=True)))

    def resized(self, before, after, neighbours):
        """The field behind a change from one (height, width) to another that mixes 1 or 2 neighbours an axis."""
        size = (r + (neighbours - 1) * j for r, j in zip(self.size, self.jump, strict=True))
        return Field(tuple(size), tuple(j * b / a for j, b, a in zip(self.jump, before, after, strict=True)))

    def over(self, image):
        """The field behind global pooling or a dense layer: all of an image of this (height, width)."""
        return Field(image, self.jump)

    @staticmethod
    def widest(fields):
        """Where branches meet: the larger field and the larger step."""
        fields = list(fields) or [Field()]
        return Field(
            tuple(max(field.size[axis] for field in fields) for axis in (0, 1)),
            tuple(max(field.jump[axis] for field in fields) for axis in (0, 1)),
        )


def peak_bytes(steps, inputs, outputs, size):
    """The largest sum of tensors alive at once.

    Args:
        steps: for each operator in order of execution a pair ``(read, written)`` of collections of tensors.
        inputs, outputs: tensors of the whole network.
        size: function from a tensor to its bytes.
    """
    last = {}
    for moment, (read, written) in enumerate(steps):
        last.update(dict.fromkeys((*read, *written), moment))
    last.update(dict.fromkeys(outputs, len(steps)))
    alive = set(inputs)
    peak = sum(map(size, alive))
    for moment, (_, written) in enumerate(steps):
        alive.update(written)
        peak = max(peak, sum(map(size, alive)))
        alive = {tensor for tensor in alive if last.get(tensor, -1) > moment}
    return peak


def plane(sides):
    """The (height, width) of a size, a window or a shape without channels; a missing axis has length 1."""
    return (1, 1, *((sides, sides) if isinstance(sides, int) else sides))[-2:]


def is_global(before, after):
    """Whether an operation between these shapes left the channels and nothing else."""
    return len(before) > 2 and math.prod(after[1:-1]) == 1 and after[-1] == before[-1]


def tidy(pair):
    """One number for a square, whole numbers where they are whole."""
    pair = tuple(int(value) if value == int(value) else round(value, 2) for value in pair)
    return pair[0] if pair[0] == pair[1] else pair
