"""Pictures of pixels alone: what a row of numbers hides, and what four filters find."""

import numpy as np

from ..common.figures import WIDTH, new_figure, require_format, save
from ..common.quiet import import_keras
from .figures import SIGNS, show_picture
from .picture import read_picture


def show_edges(image, output):
    """Draws a picture beside what the four filters of ``EdgeDetector`` make of it.

    Args:
        image: path of a picture; it becomes gray.
        output: ``.png`` or ``.svg`` file to write.

    Returns:
        What had to be done to the picture, in words.

    Raises:
        EdgezooError: the picture cannot be read, or the output's format is none.
    """
    require_format(output)
    import_keras()  # quietly, before the zoo does
    from ..zoo.handmade import EDGES, EdgeDetector

    pixels, changes = read_picture(image, (None, None, 1))
    # The picture's edge is repeated outwards; zeros there would be an edge of their own.
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    edges = np.asarray(EdgeDetector()(padded[None].astype(np.float32)))[0]
    save(_draw_edges(pixels, edges, EDGES), output)
    return changes


def _draw_edges(pixels, edges, filters):
    height, width = pixels.shape[:2]
    figure = new_figure(WIDTH * height / width / 5 + 1.0)
    figure.suptitle("one convolution, four filters", fontsize=11)
    panels = figure.subplots(1, 5)
    show_picture(panels[0], pixels)
    panels[0].set_title("picture", fontsize=8)
    limit = float(np.abs(edges).max()) or 1.0
    for axes, (name, kernel), channel in zip(panels[1:], filters.items(), range(4), strict=True):
        shown = axes.imshow(edges[..., channel], cmap=SIGNS, vmin=-limit, vmax=limit)
        rows = "\n".join(" ".join(f"{value:2d}" for value in row) for row in kernel)
        axes.set_title(f"{name.replace('_', ' ')}\n{rows}", fontsize=8, family="monospace")
        axes.axis("off")
    figure.colorbar(shown, ax=panels, fraction=0.01, pad=0.01).ax.tick_params(labelsize=7)
    return figure


def show_flattened(image, output, seed=0):
    """Draws a picture, its pixels in one row as a dense layer gets them, and the picture with its pixels shuffled.

    To a dense layer all three are the same problem: it does not know which pixels are neighbours.

    Args:
        image: path of a picture; it becomes gray, and at most 64 pixels long.
        output: ``.png`` or ``.svg`` file to write.
        seed: of the shuffle.

    Returns:
        What had to be done to the picture, in words.

    Raises:
        EdgezooError: the picture cannot be read, or the output's format is none.
    """
    require_format(output)
    pixels, changes = read_picture(image, (None, None, 1), longest_side=64)
    height, width = pixels.shape[:2]
    row = pixels.reshape(1, -1)
    shuffled = np.random.default_rng(seed).permutation(row[0]).reshape(pixels.shape)
    figure = new_figure(WIDTH / 3 + 0.9)
    figure.suptitle(f"the same {row.size:,} numbers", fontsize=11)
    grid = figure.add_gridspec(2, 3, height_ratios=(8, 1))
    panels = [
        (grid[0, 0], pixels, f"{height}×{width} pixels"),
        (grid[0, 2], shuffled, "shuffled, always in the same way"),
    ]
    for place, picture, text in panels:
        axes = figure.add_subplot(place)
        show_picture(axes, picture)
        axes.set_title(text, fontsize=8)
    axes = figure.add_subplot(grid[1, :])
    axes.imshow(row, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="nearest")
    axes.set_title(f"flattened: one row of {row.size:,}, as a dense layer gets them", fontsize=8)
    axes.axis("off")
    _draw_close_up(figure.add_subplot(grid[0, 1]), pixels)
    save(figure, output)
    return changes


def _draw_close_up(axes, pixels, side=8):
    """The numbers of the middle of the picture."""
    top, left = ((length - side) // 2 if length > side else 0 for length in pixels.shape[:2])
    part = pixels[top : top + side, left : left + side, 0]
    axes.imshow(part, cmap="gray", vmin=0, vmax=255)
    for (y, x), value in np.ndenumerate(part):
        axes.text(x, y, value, ha="center", va="center", fontsize=6, color="white" if value < 128 else "black")
    axes.set_title(f"rows {top}–{top + len(part) - 1}, columns {left}–{left + part.shape[1] - 1}", fontsize=8)
    axes.axis("off")
