"""The network as stacks of feature maps that shrink in space and grow in depth, to scale."""

import numpy as np

from .figures import WIDTH, new_figure, show_picture, size

#: Sheets that are drawn of one stack; more could not be told apart.
SHEETS = 16
#: Inches of the largest side of an image, and of the deepest stack.
_SIDE, _DEPTH = 1.9, 1.1
#: Inches of a letter below a stack, at most.
_LETTER = 0.08
#: Letters of a class' name that there is room for.
_NAME = 14


def draw_pipeline(title, pixels, maps, scores, names):
    """A figure of the network from the image to the scores.

    Sides are proportional to pixels, depths to channels.

    Args:
        title: above it.
        pixels: uint8 [H, W, C].
        maps: list of ``FeatureMap``, one for each stack.
        scores: float [classes].
        names: of the classes.
    """
    from matplotlib.patches import Rectangle

    largest = max(max(pixels.shape[:2]), *(max(each.values.shape[:2]) for each in maps))
    deepest = max(each.values.shape[2] for each in maps)
    stacks = [(f"image\n{size(pixels.shape)}", pixels, 0.0)]
    stacks += [
        (f"{each.layer}\n{size(each.values.shape)}", each.values, _DEPTH * each.values.shape[2] / deepest)
        for each in maps
    ]
    gap = 0.5
    widths = [_SIDE * values.shape[1] / largest + depth for _, values, depth in stacks]
    longest = [max(map(len, text.splitlines())) for text, _, _ in stacks]
    widths = [max(width, 0.75, _LETTER * letters) for width, letters in zip(widths, longest, strict=True)]
    total = sum(widths) + gap * (len(stacks) + 1) + 1.6
    # Deep stacks are small ones: the top edge of the highest is what counts.
    top = max((_SIDE + _SIDE * values.shape[0] / largest) / 2 + depth for _, values, depth in stacks)
    height = top + 0.9
    figure = new_figure(max(height * WIDTH / total, 2.2) + 0.3)
    figure.suptitle(title, fontsize=11)
    axes = figure.add_subplot()
    axes.set_aspect("equal")
    axes.axis("off")
    small = 8 * min(1, 1.3 * WIDTH / total)

    x, ends = gap / 2, []
    for (text, values, depth), width in zip(stacks, widths, strict=True):
        high, wide = (_SIDE * side / largest for side in values.shape[:2])
        bottom = (_SIDE - high) / 2
        left = x + (width - wide - depth) / 2
        for offset, sheet in _sheets(values, depth):
            extent = (left + offset, left + offset + wide, bottom + offset, bottom + offset + high)
            options = {"extent": extent, "zorder": 2 + (10 - offset), "interpolation": "nearest"}
            if values is pixels:
                show_picture(axes, pixels, **options)
            else:
                axes.imshow(sheet, cmap="viridis", vmin=0, vmax=float(np.abs(values).max()) or 1.0, **options)
            axes.add_patch(
                Rectangle(
                    (extent[0], extent[2]), wide, high, fill=False, ec="#444444", lw=0.3, zorder=options["zorder"]
                )
            )
        axes.text(x + width / 2, -0.12, text, ha="center", va="top", fontsize=small, parse_math=False)
        ends.append((x, x + width))
        x += width + gap
    for (_, left), (right, _) in zip(ends, [*ends[1:], (x, x)], strict=True):
        arrow = {"arrowstyle": "->", "color": "#444444", "lw": 0.8}
        axes.annotate("", (right - 0.06, _SIDE / 2), (left + 0.06, _SIDE / 2), arrowprops=arrow)
    axes.set(xlim=(0, total), ylim=(-0.75, top))
    _draw_scores(axes, x, scores, names, small)
    return figure


def _sheets(values, depth):
    """``(offset, [h, w])`` of the sheets to draw, from the back to the front, where those with the most in them are."""
    sheets = np.abs(values)
    liveliest = np.argsort(-sheets.mean(axis=(0, 1)), kind="stable")[:SHEETS]
    for k in reversed(range(len(liveliest))):
        yield depth * k / max(len(liveliest) - 1, 1), sheets[..., liveliest[k]]


def _draw_scores(axes, x, scores, names, fontsize):
    """Bars of the largest scores, each with its class' name."""
    best = np.argsort(scores)[::-1][:10]
    best = np.sort(best)
    step = _SIDE / len(best)
    largest = float(np.abs(scores).max()) or 1.0
    for row, k in enumerate(best):
        y = _SIDE - (row + 0.5) * step
        colour = "#D55E00" if k == np.argmax(scores) else "#999999"
        axes.barh(y, 0.6 * max(scores[k], 0) / largest, 0.7 * step, left=x, color=colour, zorder=3)
        name = names[k] if len(names[k]) <= _NAME else f"{names[k][: _NAME - 1]}…"
        axes.text(x + 0.65, y, name, ha="left", va="center", fontsize=fontsize * 0.8, parse_math=False)
    axes.text(x + 0.45, -0.12, f"scores\n{len(scores)} classes", ha="center", va="top", fontsize=fontsize)
