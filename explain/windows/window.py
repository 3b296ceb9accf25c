"""The arithmetic of convolution and pooling along both axes.

The symbols are those of the formula ⌊(n + 2p − d(f − 1) − 1)/s⌋ + 1, after Dumoulin and Visin 2016, «A guide to
convolution arithmetic for deep learning»: n input, p padding, f kernel, s stride, d dilation. ``"same"`` padding is
TensorFlow's: ⌈n/s⌉ outputs, an odd pixel of padding at the bottom and on the right.
"""

import dataclasses
import numbers

from ...common.errors import EdgezooError
from ...inspection.arithmetic import extent, output_size, same_padding

#: Names of the axes 0 and 1.
AXES = ("height", "width")


@dataclasses.dataclass(frozen=True)
class Window:
    """A window that slides over an image; all pairs are (height, width), in pixels.

    Attributes:
        input_size: of the image.
        kernel: taps of the window, f.
        stride: from one position to the next, s.
        padding: ``"same"``, ``"valid"``, or pixels ``((top, bottom), (left, right))``.
        dilation: from one tap to the next, d; above 1 the window has gaps.

    Raises:
        EdgezooError: a value that no window has, or not one position at which the window fits.
    """

    input_size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: str | tuple[tuple[int, int], tuple[int, int]] = "valid"
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self):
        for name in ("input_size", "kernel", "stride", "dilation"):
            if not _is_pair(getattr(self, name), 1):
                words = name.replace("_", " ")
                raise EdgezooError(f"{words} must be (height, width), each 1 or more, not {getattr(self, name)!r}.")
        if self.padding not in ("same", "valid") and not _are_pads(self.padding):
            pixels = "pixels ((top, bottom), (left, right))"
            raise EdgezooError(f"padding must be 'same', 'valid' or {pixels}, each 0 or more, not {self.padding!r}.")
        for axis, name in enumerate(AXES):
            if self.output_size[axis] < 1:
                raise EdgezooError(
                    f"the window does not fit: its {name} is {self.extent[axis]}, that of the padded input is only "
                    f"{self.input_size[axis] + sum(self.pads[axis])}; take a smaller kernel or a larger input."
                )

    @property
    def extent(self):
        """(height, width) from the first to the last tap: d(f − 1) + 1."""
        return tuple(map(extent, self.kernel, self.dilation))

    @property
    def pads(self):
        """Pixels ``((top, bottom), (left, right))`` around the input."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        if self.padding == "same":
            return tuple(map(same_padding, self.input_size, self.kernel, self.stride, self.dilation))
        return self.padding

    @property
    def output_size(self):
        """(height, width) of the output: the number of positions."""
        padded = (n + sum(pads) for n, pads in zip(self.input_size, self.pads, strict=True))
        return tuple(
            output_size(n, kernel, stride, "valid", dilation)
            for n, kernel, stride, dilation in zip(padded, self.kernel, self.stride, self.dilation, strict=True)
        )

    @property
    def positions(self):
        """Where the windows begin: ranges of input rows and of columns, below 0 in the padding; one an output."""
        return tuple(
            range(-before, -before + count * stride, stride)
            for (before, _), count, stride in zip(self.pads, self.output_size, self.stride, strict=True)
        )

    def taps(self, axis, output):
        """Range of the input rows (axis 0) or columns (axis 1) that an output reads, the padding's included."""
        start = self.positions[axis][output]
        return range(start, start + self.extent[axis], self.dilation[axis])

    def formula(self, axis):
        """The output's size along axis 0 (height) or 1 (width), in symbols and in numbers.

        Returns:
            One line; for ``"same"`` a second one with the padding that it adds before and behind, p₁ and p₂.
        """
        n, f, s, d = (pair[axis] for pair in (self.input_size, self.kernel, self.stride, self.dilation))
        count, (before, after) = self.output_size[axis], self.pads[axis]
        if self.padding == "same":
            last, reach = ("f", f"{f}") if self.extent[axis] == f else ("d(f − 1) + 1", f"{d}·({f} − 1) + 1")
            return (
                f"⌈n/s⌉ = ⌈{n}/{s}⌉ = {count}\n"
                f"p₁ + p₂ = max((⌈n/s⌉ − 1)·s + {last} − n, 0) = max(({count} − 1)·{s} + {reach} − {n}, 0) = "
                f"{before + after} = {before} + {after}"
            )
        both, pixels = ("2p", f"2·{before}") if before == after else ("p₁ + p₂", f"{before} + {after}")
        last, reach = ("f", f"{f}") if self.extent[axis] == f else ("d(f − 1) − 1", f"{d}·({f} − 1) − 1")
        return f"⌊(n + {both} − {last})/s⌋ + 1 = ⌊({n} + {pixels} − {reach})/{s}⌋ + 1 = {count}"


def window_of(row):
    """The window of a layer: a row of ``inspection.describe``, of a ``.keras`` or a ``.tflite`` file.

    Raises:
        EdgezooError: it is no convolution or pooling, or one whose outputs do not each read one window.
    """
    if row.kernel is None or "transpose" in row.op.lower() or row.padding not in ("same", "valid"):
        raise EdgezooError(f"{row.name!r} ({row.op}) has no window to draw; choose a convolution or pooling layer.")
    return Window(row.input_size, row.kernel, row.stride, row.padding, row.dilation)


def _is_pair(value, least):
    """Whether this is (height, width), whole numbers of at least ``least``."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        return False
    return all(isinstance(n, numbers.Integral) and not isinstance(n, bool) and n >= least for n in value)


def _are_pads(value):
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(_is_pair(pads, 0) for pads in value)
