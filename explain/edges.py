"""Four hand-set filters over any photo."""

import numpy as np

from ..common.quiet import import_tensorflow
from .figures import new_figure, require_format, save, show_picture
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
    import_tensorflow()
    from ..zoo.handmade import EDGES, EdgeDetector

    require_format(output)
    pixels, changes = read_picture(image, (None, None, 1))
    # The picture's edge is repeated outwards; zeros there would be an edge of their own.
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    edges = np.asarray(EdgeDetector()(padded[None].astype(np.float32)))[0]
    save(_draw(pixels, edges, EDGES), output)
    return changes


def _draw(pixels, edges, filters):
    height, width = pixels.shape[:2]
    figure = new_figure(9.6 * height / width / 5 + 1.0)
    figure.suptitle("one convolution, four filters", fontsize=11)
    panels = figure.subplots(1, 5)
    show_picture(panels[0], pixels)
    panels[0].set_title("picture", fontsize=8)
    limit = float(np.abs(edges).max()) or 1.0
    for axes, (name, kernel), channel in zip(panels[1:], filters.items(), range(4), strict=True):
        shown = axes.imshow(edges[..., channel], cmap="RdBu_r", vmin=-limit, vmax=limit)
        rows = "\n".join(" ".join(f"{value:2d}" for value in row) for row in kernel)
        axes.set_title(f"{name.replace('_', ' ')}\n{rows}", fontsize=8, family="monospace")
        axes.axis("off")
    figure.colorbar(shown, ax=panels, fraction=0.01, pad=0.01).ax.tick_params(labelsize=7)
    return figure
