"""The scale that an array of pixels is on: 0 to 255, 0 to 1 or −1 to 1."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError

#: How far beyond its ends a scale may reach, as a share of it: resizing with a bicubic or Lanczos filter overshoots.
_MARGIN = 0.2
#: Share of an array's pixels that may lie outside.
_MOST_OUTSIDE = 0.05
#: The lowest maximum of fractions on 0 to 255; less is rather something else, such as normalized pixels.
_DIMMEST = 16
_ROWS = 1024


@dataclasses.dataclass(frozen=True)
class Scale:
    """Pixels from ``low`` (black) to ``high`` (white)."""

    low: float
    high: float

    def __str__(self):
        return f"{self.low}–{self.high}".replace("-", "−")

    def takes(self, lowest, highest):
        """Whether the values of an array, apart from some overshoot, lie on the scale and use it."""
        margin = _MARGIN * (self.high - self.low)
        reaches = self.low == 0 or (lowest <= self.low + margin and highest >= 0.5)
        return self.low - margin <= lowest <= highest <= self.high + margin and reaches

    def to_bytes(self, pixels):
        """uint8 of the same shape; what lies outside becomes black or white."""
        out = np.empty(pixels.shape, np.uint8)
        for start in range(0, len(pixels), _ROWS):  # a large array is not held three times
            block = pixels[start : start + _ROWS]
            unit = (block - self.low) * (255 / (self.high - self.low)) if self != BYTES else block
            out[start : start + _ROWS] = np.clip(np.rint(unit), 0, 255)
        return out


BYTES, UNIT, SIGNED = Scale(0, 255), Scale(0, 1), Scale(-1, 1)


def scale_of(what, pixels):
    """The scale that an array's values are on.

    Args:
        what: the array's name, for errors.
        pixels: array of integers or of floats, not empty.

    Returns:
        ``Scale``; ``None`` where the values, all of them 0 or 1 as floats, could be on two.

    Raises:
        EdgezooError: integers outside of 0 to 255, NaN, or floats that are on none of the scales.
    """
    lowest, highest = pixels.min(), pixels.max()
    if pixels.dtype.kind in "ui":
        if lowest >= 0 and highest <= 255:
            return BYTES
        raise EdgezooError(f"{what}: whole-number pixels must lie between 0 and 255. Received: {lowest} to {highest}")
    whole = _all_whole(pixels)
    if whole and 0 <= lowest <= highest <= 1:
        return None
    fitting = [scale for scale in (UNIT, SIGNED, BYTES) if scale.takes(lowest, highest)]
    if fitting and (fitting[0] != BYTES or whole or highest >= _DIMMEST):
        scale = fitting[0]
        outside = np.count_nonzero((pixels < scale.low) | (pixels > scale.high)) / pixels.size
        if outside <= _MOST_OUTSIDE:
            return scale
    raise EdgezooError(
        f"{what}: pixels must lie between 0 and 255, 0 and 1, or −1 and 1; store them so, no mean taken off. "
        f"Received: {lowest:.6g} to {highest:.6g}"
    )


def _all_whole(pixels):
    return all(
        np.array_equal(block, np.rint(block))
        for block in (pixels[start : start + _ROWS] for start in range(0, len(pixels), _ROWS))
    )
