"""Feature maps and filters as bands of small images."""

from ..common.text import dimensions
from .figures import COLUMNS, ROWS, Band, few


def band_of_maps(maps, label="", limit=None, channels=2 * COLUMNS):
    """The first channels of a layer's feature maps.

    Args:
        maps: ``FeatureMap``.
        label: behind the layer's name.
        limit: end of the colour scale, as for ``Band``.
        channels: at most so many.
    """
    values = maps.values.transpose(2, 0, 1)
    shown, left_out = few(values, channels)
    step = f" · step {maps.scale:.3g}" if maps.scale else ""
    extremes = f"{values.min():.3g} … {values.max():.3g}"
    return Band(f"{maps.layer}{label} · {dimensions(maps.values.shape)} · {extremes}{step}{left_out}", shown, limit)


def band_of_filters(kernel):
    """The first filters of a convolution, a ``Kernel``."""
    height, width, inputs, filters = kernel.values.shape
    text = f"{kernel.layer} · {height}×{width}, {inputs} → {filters}"
    if inputs == 1:
        shown, left_out = few(kernel.values[:, :, 0].transpose(2, 0, 1), ROWS * COLUMNS)
        return Band(f"{text}{left_out}", shown)
    # A column for each filter, a row for each of its input channels.
    rows, columns = min(inputs, ROWS), min(filters, 2 * COLUMNS)
    part = kernel.values[:, :, :rows, :columns].transpose(2, 3, 0, 1).reshape(rows * columns, height, width)
    left_out = "" if (rows, columns) == (inputs, filters) else f" (first {rows} inputs of first {columns} filters)"
    return Band(f"{text}{left_out}", part, columns=columns)
