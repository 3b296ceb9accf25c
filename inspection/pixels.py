"""What a network takes for a pixel: raw 0 to 255, or what its maker made of that."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError

GIVEN, ASSUMED = "--pixels", "assumed"
#: What networks are trained on, ``low … high``, the narrowest first.
RANGES = ((0, 1), (-1, 1), (0, 255))


@dataclasses.dataclass(frozen=True)
class Pixels:
    """The values that a network takes as a function of raw pixels: ``(pixel - mean) / std``.

    Attributes:
        mean, std: in raw pixels, 0 to 255; a single number, or one a channel.
        known_by: where that was found: ``"--pixels"``, ``"manifest"``, ``"input scale"`` …; ``"assumed"`` if nowhere.

    Raises:
        ValueError: numbers that are not finite, a standard deviation of 0, or more of one kind than of the other.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    known_by: str = ASSUMED

    def __post_init__(self):
        numbers = np.array([self.mean, self.std], np.float64)  # not as many of one as of the other: a ValueError
        if not numbers.size or not np.isfinite(numbers).all() or 0 in self.std:
            raise ValueError("a mean and a standard deviation are needed, one or one a channel")

    @classmethod
    def of_range(cls, low, high, known_by=ASSUMED):
        """Pixels whose 0 is ``low`` and whose 255 is ``high``."""
        return cls((-255.0 * low / (high - low) + 0.0,), (255.0 / (high - low),), known_by)

    @classmethod
    def of_row(cls, row):
        """Pixels out of a document's ``row``; raises ``ValueError``, ``TypeError`` or ``LookupError`` if it is none."""
        return cls(tuple(map(float, row["mean"])), tuple(map(float, row["std"])), row["known_by"])

    def row(self):
        """What a document says of them, JSON-able."""
        return {"text": self.text, "mean": list(self.mean), "std": list(self.std), "known_by": self.known_by}

    @property
    def is_raw(self):
        """Whether the values are the pixels themselves."""
        return set(self.mean) == {0.0} and set(self.std) == {1.0}

    @property
    def text(self):
        """``"0..255"``, ``"-1..1"``; ``"mean 124,116,104 std 58.4,57.1,57.4"`` where channels differ."""
        if len({*zip(self.mean, self.std, strict=True)}) == 1:
            low, high = ((end - self.mean[0]) / self.std[0] + 0.0 for end in (0, 255))
            return f"{low:.3g}..{high:.3g}"
        return f"mean {_numbers(self.mean)} std {_numbers(self.std)}"

    @property
    def affine(self):
        """``(scale, offset)``: the values as ``scale * pixel + offset``, a list for the channels or a single number."""
        scales = [1 / std for std in self.std]
        offsets = [-mean / std for mean, std in zip(self.mean, self.std, strict=True)]
        return (scales[0], offsets[0]) if len(scales) == 1 else (scales, offsets)

    def values(self, images):
        """Raw pixels [..., C] as a network takes them: as they are if that is raw pixels, else float32 [..., C].

        Raises:
            EdgezooError: the images have another number of channels than there are means.
        """
        self.require_channels(images.shape[-1])
        if self.is_raw:
            return images
        return (images.astype(np.float32) - np.float32(self.mean)) / np.float32(self.std)

    def require_channels(self, channels):
        """Refuses numbers for other channels than there are."""
        for numbers in (self.mean, self.std):
            if len(numbers) not in (1, channels):
                raise EdgezooError(
                    f"pixels of {self.text} are of {len(numbers)} channels ({self.known_by}), and the network takes "
                    f"{channels}; give --pixels with one mean and std, or one of each a channel."
                )

    def in_words(self, file):
        """A sentence for the user, or ``None`` where there is nothing to be said: raw pixels, or what was asked for."""
        if self.known_by == ASSUMED:
            return (
                f"{file} does not say which range of pixels it takes: {self.text} is assumed; "
                "give another with --pixels, such as 0..1 or -1..1."
            )
        if self.is_raw or self.known_by == GIVEN:
            return None
        return f"{file} takes pixels in the range {self.text} (known by its {self.known_by})."


def parse(text):
    """Pixels as they are given on the command line.

    Args:
        text: ``LOW..HIGH``, what a pixel's 0 and 255 become; or ``MEAN,STD`` in raw pixels, first all means and then
            all standard deviations where each channel has its own.

    Raises:
        ValueError: says what is wrong.
    """
    form = "RANGE is LOW..HIGH such as 0..1, or MEAN,STD in pixels of 0 to 255, such as 127.5,127.5"
    try:
        if ".." in text:
            low, high = map(float, text.split(".."))
            pixels = Pixels.of_range(low, high, GIVEN)
        else:
            numbers = tuple(map(float, text.split(",")))
            half = len(numbers) // 2
            pixels = Pixels(numbers[:half], numbers[half:], GIVEN)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is no range of pixels: {form}.") from None
    if ".." not in text and max(map(abs, pixels.std)) < 1:
        larger = _numbers(255 * number for number in numbers)
        raise ValueError(
            f"{text!r} has the mean and std of pixels of 0 to 1; they are given of 0 to 255: --pixels {larger}."
        )
    return pixels


def range_held(low, high, is_symmetric=False):
    """The range of pixels that a quantized input was calibrated with.

    Args:
        low, high: the least and the largest value that it can hold. Calibration images need not reach the ends of their
            range; 0 is always in it.
        is_symmetric: whether the zero point is 0 by the format (int16), which hides whether there are values below 0.

    Returns:
        ``(low, high)`` of a usual range of pixels, or ``None`` where it is none of them, or may be two.
    """
    if is_symmetric:
        return (0, 255) if 130 < high < 265 else None
    for ends in (*RANGES, (-0.5, 0.5), (-128, 127)):
        if np.abs(np.subtract(ends, (low, high))).max() < 0.04 * (ends[1] - ends[0]):
            return ends
    for ends in ((0, 255), (0, 1)):
        if -0.02 * high <= low and ends[1] / 4 <= high < 1.04 * ends[1]:
            return ends
    return (-1, 1) if -1.08 < low < -0.08 and 0.08 < high < 1.08 and max(-low, high) > 0.7 else None


#: What networks make of their pixels first, apart from standardizing them.
_TARGETS = ((0, 1), (-1, 1), (-0.5, 0.5), (0, 255), (-127.5, 127.5))


def range_expected(scale, offset):
    """The range of pixels that a network expects which begins with ``scale * value + offset``.

    That is the range that it brings to one of those that networks compute with. Else a mean is taken off, and what is
    left divided by a standard deviation: that can be one of values in ``low … high`` only if its square is at most
    ``(mean - low) * (high - mean)`` (Bhatia & Davis 2000).

    Args:
        scale, offset: the means over the channels.

    Returns:
        ``(low, high)``, or ``None`` where that fits no range, or changes nothing.
    """
    changes_nothing = abs(scale - 1) < 0.02 and abs(offset) < 0.02
    if not np.isfinite([scale, offset]).all() or scale == 0 or changes_nothing:
        return None
    for ends in RANGES:
        image = sorted(scale * end + offset for end in ends)
        for target in _TARGETS:
            if np.abs(np.subtract(image, target)).max() <= 0.02 * (target[1] - target[0]):
                return ends
    mean, variance = -offset / scale, 1 / scale**2
    for low, high in RANGES:
        if low < mean < high and variance <= 1.05 * (mean - low) * (high - mean):
            return low, high
    return None


def _numbers(numbers):
    return ",".join(f"{number:.6g}" for number in numbers)
