"""A page that is measured in inches from its upper left corner, and what is drawn on it."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

#: Points: title, text, what stands at dimension lines.
LARGE, TEXT, SMALL = 12, 9.5, 8.5
#: Pixels an inch where a page becomes pixels.
_DPI = 90
_INK = "#222222"
#: Okabe and Ito's colours, safe for the colour-blind, and tints of them; kinds that may touch differ in line style too.
STYLES = {
    "input": {"facecolor": "#DCEBF7", "edgecolor": "#7D9DB8", "linewidth": 0.7},
    "unread": {"facecolor": "white", "edgecolor": "#7D9DB8", "linewidth": 0.7, "hatch": "/////"},
    "padding": {"facecolor": "#F6F6F6", "edgecolor": "#999999", "linewidth": 0.7, "linestyle": (0, (2, 2))},
    "output": {"facecolor": "#D3EDE3", "edgecolor": "#6FA893", "linewidth": 0.7},
    "tap": {"facecolor": "#F0AE1F", "edgecolor": "#8A5F00", "linewidth": 0.7, "zorder": 2},
    "blank tap": {"facecolor": "#FBE5B3", "edgecolor": "#8A5F00", "linewidth": 0.7, "linestyle": (0, (2, 2))},
    "image": {"facecolor": "none", "edgecolor": _INK, "linewidth": 1.2, "zorder": 2.5},
    "window": {"facecolor": "none", "edgecolor": "#D55E00", "linewidth": 2.2, "zorder": 4},
    "next": {"facecolor": "none", "edgecolor": "#0072B2", "linewidth": 1.6, "linestyle": (0, (4, 1.5)), "zorder": 3},
}


class Canvas:
    """The page; what is drawn with ``axes`` is in inches from its upper left corner.

    Attributes:
        figure: ``matplotlib.figure.Figure``.
        axes: over the whole of it.
    """

    def __init__(self):
        self.figure = Figure(dpi=_DPI)
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.axis("off")

    def resize(self, width, height):
        """Ends the page at these inches."""
        self.figure.set_size_inches(width, height)
        self.axes.set(xlim=(0, width), ylim=(height, 0))

    def boxes(self, kind, boxes):
        """Draws boxes ``((top, bottom), (left, right))`` of one kind; as a single path, so that files are small."""
        corners = [
            corner
            for (top, bottom), (left, right) in boxes
            for corner in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        ]
        codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * (len(corners) // 5)
        return self.axes.add_patch(PathPatch(Path(np.reshape(corners, (-1, 2)), codes), **STYLES[kind]))

    def write(self, x, y, text, size=TEXT, **options):
        """Writes a line of text; ``options`` as for ``matplotlib``'s ``text``."""
        over_lines = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        return self.axes.text(x, y, text, size=size, color=_INK, bbox=over_lines, parse_math=False, zorder=5, **options)

    def dimension(self, axis, side, at, span, text):
        """A dimension line with its text above or left (side −1) of it, below or right (1).

        Args:
            axis: along which it runs, 0 (height) or 1 (width).
            side: where the text stands.
            at: place on the other axis.
            span: where it begins and ends.
            text: short.
        """
        first, last = span
        ends, middle = ((first, at), (last, at)), ((first + last) / 2, at + 0.04 * side)
        align = {"ha": "center", "va": "bottom" if side < 0 else "top"}
        if axis == 0:
            ends, middle = [end[::-1] for end in ends], middle[::-1]
            align = {"ha": "right" if side < 0 else "left", "va": "center", "rotation": 90}
        arrow = {"arrowstyle": "|-|,widthA=2.5,widthB=2.5", "mutation_scale": 1, "shrinkA": 0, "shrinkB": 0}
        self.axes.annotate("", *ends, arrowprops={**arrow, "linewidth": 0.8, "color": _INK})
        self.write(*middle, text, SMALL, **align)

    def width_of(self, text, size=TEXT, weight="normal"):
        """Inches that a line of text takes, the more of what it takes in an SVG and, hinted, in a GIF."""
        font = FontProperties(size=size, weight=weight)
        renderer = self.figure.canvas.get_renderer()
        widths = [each.get_text_width_height_descent(text, font, False)[0] for each in (text_to_path, renderer)]
        return max(widths[0] / 72, widths[1] / _DPI)

    def pixels(self):
        """The page as uint8 [height, width, 3]."""
        self.figure.canvas.draw()
        return np.asarray(self.figure.canvas.buffer_rgba())[..., :3].copy()
