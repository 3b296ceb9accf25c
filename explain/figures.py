"""Grids of small images, and pictures with something over them."""

import math
from typing import NamedTuple

import numpy as np

from ..common.figures import WIDTH, new_figure

#: Images in a row of a grid, and rows; what is left out is said in the title.
COLUMNS, ROWS = 16, 4
#: One colour map for sizes, one with a neutral middle for signs; both can be read by the colour-blind.
SIZES, SIGNS = "viridis", "RdBu_r"


class Band(NamedTuple):
    """A titled grid of images.

    Attributes:
        title: above it.
        images: [n, h, w]; with negative values their colours have a neutral zero.
        limit: end of the colour scale; the largest magnitude by default.
        columns: images in a row.
        are_pictures: they are gray or [n, h, w, 3], in 0…1, and shown as they are.
    """

    title: str
    images: np.ndarray
    limit: float | None = None
    columns: int = COLUMNS
    are_pictures: bool = False


def mosaic(images, columns=COLUMNS):
    """Images side by side in rows, with gaps that are not a number.

    Args:
        images: [n, h, w] or [n, h, w, 3].
        columns: images in a row.

    Returns:
        float64 [rows · (h + gap) − gap, columns · (w + gap) − gap, …].
    """
    n, h, w = images.shape[:3]
    gap = max(1, round(max(h, w) / 14))
    rows = math.ceil(n / columns)
    canvas = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, *images.shape[3:]), np.nan)
    for k, image in enumerate(images):
        top, left = k // columns * (h + gap), k % columns * (w + gap)
        canvas[top : top + h, left : left + w] = image
    return canvas


def draw_bands(title, bands):
    """A figure with the bands one below the other, each with its own colour scale."""
    from matplotlib.ticker import MaxNLocator

    columns = [min(band.columns, len(band.images)) for band in bands]
    canvases = [mosaic(band.images, count) for band, count in zip(bands, columns, strict=True)]
    picture_width = WIDTH - 1.2
    heights = [picture_width * canvas.shape[0] / canvas.shape[1] for canvas in canvases]
    # A few large images need not fill the page.
    widest = [min(1.0, 0.12 * count, 3.0 / height) for count, height in zip(columns, heights, strict=True)]
    heights = [max(0.25, height * share) for height, share in zip(heights, widest, strict=True)]
    figure = new_figure(0.6 + sum(heights) + 0.42 * len(bands))
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(len(bands), 1, height_ratios=[h + 0.3 for h in heights], squeeze=False)[:, 0]
    for axes, band, canvas in zip(grid, bands, canvases, strict=True):
        axes.set_title(band.title, fontsize=8, loc="left", pad=3, parse_math=False)
        axes.axis("off")
        if band.are_pictures:
            axes.imshow(np.nan_to_num(canvas, nan=1.0), cmap="gray", vmin=0, vmax=1)
        else:
            limit = band.limit or float(np.nanmax(np.abs(canvas))) or 1.0
            signed = bool(np.nanmin(canvas) < 0)
            shown = axes.imshow(canvas, cmap=SIGNS if signed else SIZES, vmin=-limit if signed else 0, vmax=limit)
            bar = figure.colorbar(shown, ax=axes, fraction=0.02, pad=0.01, aspect=12)
            bar.ax.tick_params(labelsize=6)
            bar.locator = MaxNLocator(2)
            bar.update_ticks()
        axes.set_anchor("W")
    return figure


def few(items, limit):
    """``(the first items, " (first N of M)")``, the text empty if nothing is left out."""
    return items[:limit], f" (first {limit} of {len(items)})" if len(items) > limit else ""


def show_picture(axes, pixels, **options):
    """The user's picture, uint8 [H, W, C], gray or in colour; ``options`` as for ``imshow``."""
    if pixels.shape[-1] == 1:
        axes.imshow(pixels[..., 0], cmap="gray", vmin=0, vmax=255, **options)
    else:
        axes.imshow(pixels, **options)
    axes.axis("off")


def draw_heat(title, pixels, heat, meaning):
    """The picture, the heat map, and both over each other.

    Args:
        title: above all.
        pixels: uint8 [H, W, C].
        heat: float [H, W]; with negative values its colours have a neutral zero.
        meaning: of the numbers, beside their scale.
    """
    figure = new_figure(WIDTH / 3 * pixels.shape[0] / pixels.shape[1] + 0.7)
    figure.suptitle(title, fontsize=11)
    picture, alone, over = figure.subplots(1, 3)
    show_picture(picture, pixels)
    signed = heat.min() < 0
    limit = float(np.abs(heat).max()) or 1.0
    options = {"cmap": SIGNS if signed else SIZES, "vmin": -limit if signed else 0, "vmax": limit}
    shown = alone.imshow(heat, **options)
    alone.axis("off")
    show_picture(over, pixels.mean(axis=-1, keepdims=True).astype(np.uint8))
    over.imshow(heat, alpha=np.clip(np.abs(heat) / limit, 0, 1) * 0.8, **options)
    bar = figure.colorbar(shown, ax=[picture, alone, over], fraction=0.02, pad=0.01)
    bar.set_label(meaning, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure


def draw_overlays(title, pixels, panels, meaning):
    """The picture several times, each with a heat map and a box over it.

    Args:
        title: above all.
        pixels: uint8 [H, W, C].
        panels: list of ``(title, heat, box)``: float [H, W] ≥ 0, each in its own scale, and ``(top, left, bottom,
            right)`` in pixels, ends exclusive.
        meaning: of box and heat.
    """
    from matplotlib.patches import Rectangle

    columns = min(len(panels), 4)
    rows = math.ceil(len(panels) / columns)
    side = WIDTH / columns
    figure = new_figure(rows * (min(side, 3.2) * pixels.shape[0] / pixels.shape[1] + 0.35) + 0.7)
    figure.suptitle(title, fontsize=11)
    figure.supxlabel(meaning, fontsize=8)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, (text, heat, (top, left, bottom, right)) in zip(grid, panels, strict=False):
        axes.set_title(text, fontsize=8, parse_math=False)
        show_picture(axes, pixels.mean(axis=-1, keepdims=True).astype(np.uint8))
        share = heat / (heat.max() or 1)
        axes.imshow(share, cmap="inferno", vmin=0, vmax=1, alpha=np.sqrt(share) * 0.85)
        box = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, ec="#56B4E9", lw=1.5)
        axes.add_patch(box)
    return figure
