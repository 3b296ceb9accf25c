"""The network as stacks of feature maps that shrink in space and grow in depth, to scale."""

import numpy as np

from ..common.figures import WIDTH, new_figure
from ..common.text import dimensions
from .figures import show_picture

#: Sheets that are drawn of one stack; more could not be told apart.
SHEETS = 16
#: Inches of the largest side of an image, and of the deepest stack.
_SIDE, _DEPTH = 1.9, 1.1
#: Inches of a letter below a stack, at most.
_LETTER = 0.08
#: Letters of a class' name that there is room for.
_NAME = 14
#: Inches between stacks, and of the longest row of them.
_GAP, _ROW = 0.5, 36.0
#: Inches below a row for the names of its stacks.
_NAMES = 0.75


def draw_pipeline(title, pixels, maps, scores, names):
    """A figure of the network from the image to the scores.

    Sides are proportional to pixels, depths to channels. What would be too small in one row goes on in the next.

    Args:
        title: above it.
        pixels: uint8 [H, W, C].
        maps: list of ``FeatureMap``, one for each stack.
        scores: float [classes].
        names: of the classes.
    """
    largest = max(max(pixels.shape[:2]), *(max(each.values.shape[:2]) for each in maps))
    deepest = max(each.values.shape[2] for each in maps)
    stacks = [(f"image\n{dimensions(pixels.shape)}", pixels, 0.0)]
    for each in maps:
        name = each.layer.replace("/", "/\n")  # in one line, a path would push the stacks apart
        depth = _DEPTH * each.values.shape[2] / deepest
        stacks.append((f"{name}\n{dimensions(each.values.shape)}", each.values, depth))
    widths = [_SIDE * values.shape[1] / largest + depth for _, values, depth in stacks]
    longest = [max(map(len, text.splitlines())) for text, _, _ in stacks]
    widths = [max(width, 0.75, _LETTER * letters) for width, letters in zip(widths, longest, strict=True)]
    rows = _rows(widths)
    total = max(sum(widths[k] + _GAP for k in row) + _GAP for row in rows) + 1.6
    # Deep stacks are small ones: the top edge of the highest is what counts.
    top = max((_SIDE + _SIDE * values.shape[0] / largest) / 2 + depth for _, values, depth in stacks)
    row_height = top + _NAMES + 0.15
    figure = new_figure(max(len(rows) * row_height * WIDTH / total, 2.2) + 0.3)
    figure.suptitle(title, fontsize=11)
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.axis("off")
    small = 8 * min(1, 1.3 * WIDTH / total)

    for number, row in enumerate(rows):
        x, y = _GAP / 2, -number * row_height
        for k in row:
            _draw_stack(axes, *stacks[k], (x, y), widths[k], _SIDE / largest, small)
            x += widths[k] + _GAP
            arrow = {"arrowstyle": "->", "color": "#444444", "lw": 0.8}
            axes.annotate("", (x - 0.06, y + _SIDE / 2), (x - _GAP + 0.06, y + _SIDE / 2), arrowprops=arrow)
    axes.set(xlim=(0, total), ylim=(y - _NAMES, top))
    _draw_scores(axes, (x, y), scores, names, small)
    return figure


def _rows(widths):
    """The numbers of the stacks in each row: as few rows as can be, filled alike."""
    ends = np.cumsum(np.add(widths, _GAP))
    middles = (ends - np.divide(widths, 2)) / ends[-1]
    row_of = np.floor(middles * np.ceil(ends[-1] / _ROW))
    return [np.flatnonzero(row_of == row) for row in np.unique(row_of)]


def _draw_stack(axes, text, values, depth, corner, width, scale, fontsize):
    """One stack of feature maps, or the image, and its name; ``corner`` is the lower left one of its place."""
    from matplotlib.patches import Rectangle

    x, y = corner
    high, wide = (scale * side for side in values.shape[:2])
    bottom = y + (_SIDE - high) / 2
    left = x + (width - wide - depth) / 2
    for offset, sheet in _sheets(values, depth):
        extent = (left + offset, left + offset + wide, bottom + offset, bottom + offset + high)
        options = {"extent": extent, "zorder": 2 + (10 - offset), "interpolation": "nearest"}
        if depth:
            axes.imshow(sheet, cmap="viridis", vmin=0, vmax=float(np.abs(values).max()) or 1.0, **options)
        else:
            show_picture(axes, values, **options)
        axes.add_patch(
            Rectangle((extent[0], extent[2]), wide, high, fill=False, ec="#444444", lw=0.3, zorder=options["zorder"])
        )
    axes.text(x + width / 2, y - 0.12, text, ha="center", va="top", fontsize=fontsize, parse_math=False)


def _sheets(values, depth):
    """``(offset, [h, w])`` of the sheets to draw, from the back to the front, where those with the most in them are."""
    sheets = np.abs(values)
    liveliest = np.argsort(-sheets.mean(axis=(0, 1)), kind="stable")[:SHEETS]
    for k in reversed(range(len(liveliest))):
        yield depth * k / max(len(liveliest) - 1, 1), sheets[..., liveliest[k]]


def _draw_scores(axes, corner, scores, names, fontsize):
    """Bars of the largest scores, each with its class' name."""
    x, bottom = corner
    best = np.argsort(scores)[::-1][:10]
    best = np.sort(best)
    step = _SIDE / len(best)
    largest = float(np.abs(scores).max()) or 1.0
    for row, k in enumerate(best):
        y = bottom + _SIDE - (row + 0.5) * step
        colour = "#D55E00" if k == np.argmax(scores) else "#999999"
        axes.barh(y, 0.6 * max(scores[k], 0) / largest, 0.7 * step, left=x, color=colour, zorder=3)
        name = names[k] if len(names[k]) <= _NAME else f"{names[k][: _NAME - 1]}…"
        axes.text(x + 0.65, y, name, ha="left", va="center", fontsize=fontsize * 0.8, parse_math=False)
    axes.text(x + 0.45, bottom - 0.12, f"scores\n{len(scores)} classes", ha="center", va="top", fontsize=fontsize)
