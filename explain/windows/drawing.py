"""Input, padding, window, stride, dilation, output and formula on one page."""

import itertools

from .canvas import LARGE, STYLES, Canvas
from .layout import TAPS, Grid, is_read, is_square, length, numbered_axes, shown_axis
from .window import AXES

#: Inches: at most the side of a cell, and height and width of both grids together; from grid to grid.
_CELL, _GRIDS, _BETWEEN = 0.4, (4.8, 6.4), 1.0
#: Inches: at least the page's width between its rims; a rim; a line of text; a level of dimension lines, all of a side.
_PAGE, _RIM, _LINE, _LEVEL, _LEVELS = 6.0, 0.25, 0.23, 0.26, 0.6


def draw(window, title=None):
    """A ``matplotlib`` figure: the first window and its output, the next ones beside and below, the formula.

    Short axes are drawn whole. Of long ones the cells at both ends are, and dots stand for those between, so that
    the picture of any input can be read.
    """
    sheet = Sheet(window, title, has_next=True)
    sheet.show(0, 0)
    sheet.show_next()
    return sheet.canvas.figure


class Sheet:
    """A page about one window: what stands still, and what belongs to one output.

    Args:
        window, title: as for ``draw``.
        has_next: whether ``show_next`` will be called, so that the legend names what it draws.

    Attributes:
        canvas: the page.
        input, output: ``Grid`` of each.
    """

    def __init__(self, window, title, has_next=False):
        self.window, self.title, self.canvas, self.moving = window, title or "", Canvas(), []
        self.shown = numbered_axes(window)
        self.headers = f"input {_times(window.input_size)}", f"output {_times(window.output_size)}"
        names = ["height and width"] if is_square(window) else [AXES[axis] for axis in self.shown]
        self.formulas = {name: window.formula(axis) for name, axis in zip(names, self.shown, strict=True)}
        self._place()
        kinds = self._draw_grids()
        self._draw_dimensions()
        self._write_texts({*kinds, "tap", *(("next",) if has_next and max(window.output_size) > 1 else ())})

    def _place(self):
        """Puts the grids side by side, below room for title and headers, on a page as wide as the widest line."""
        width_of = self.canvas.width_of
        axes = [shown_axis(self.window, axis) for axis in (0, 1)]
        cells, outputs = zip(*axes, strict=True)
        (tall, wide), (low, narrow) = (map(length, slots) for slots in (cells, outputs))
        side = min(_CELL, _GRIDS[0] / max(tall, low), _GRIDS[1] / (wide + narrow))
        beside = _LEVELS if 0 in self.shown else 0
        of_output = max(side * narrow, width_of(self.headers[1]))
        content = beside + side * wide + beside + _BETWEEN + of_output
        self.margin = max(width_of(label, weight="bold") for label in self.formulas) + 0.15
        formulas = [line for text in self.formulas.values() for line in text.splitlines()]
        last = (count - 1 for count in self.window.output_size)
        captions = _caption(self.window, 0, 0), _caption(self.window, *last)
        texts = width_of(self.title, LARGE), self.margin + max(map(width_of, formulas))
        self.width = 2 * _RIM + max(content, _PAGE, *texts, *map(width_of, captions))
        left = (self.width - content) / 2 + beside
        self.top = _RIM + (2 * _LINE if self.title else 0)
        top = self.top + _LINE + _LEVELS
        height = side * max(tall, low)
        self.input = Grid((top + (height - side * tall) / 2, left), side, cells)
        left += side * wide + beside + _BETWEEN + (of_output - side * narrow) / 2
        self.output = Grid((top + (height - side * low) / 2, left), side, outputs)
        self.bottom = top + height + _LEVELS + _LINE / 2

    def _draw_grids(self):
        """Draws the cells and what is written above them; returns the kinds of input cells that there are."""
        window, grid = self.window, self.input
        read = [{cell for cell in grid.slots[axis] if is_read(window, axis, cell)} for axis in (0, 1)]
        kinds = {"input": [], "padding": [], "unread": []}
        for cell in itertools.product(*grid.slots):
            has_tap = cell[0] in read[0] and cell[1] in read[1]
            kinds["padding" if not self._is_pixel(cell) else "input" if has_tap else "unread"].append(cell)
        kinds = {kind: cells for kind, cells in kinds.items() if cells}
        for kind, cells in kinds.items():
            self.canvas.boxes(kind, grid.cells(cells))
        self.canvas.boxes("output", self.output.cells(itertools.product(*self.output.slots)))
        self.canvas.boxes("image", [grid.box(*map(range, window.input_size))])
        for grid, text in zip((self.input, self.output), self.headers, strict=True):
            _, (left, right) = grid.ends
            self.canvas.write((left + right) / 2, self.top, text, weight="bold", ha="center", va="top")
            for y, x in grid.gaps():
                self.canvas.axes.plot(x, y, ".", color="#777777", markersize=16 * grid.side)
        return kinds

    def _draw_dimensions(self):
        """Kernel and stride at one side of the input, its size and the padding at the other."""
        window = self.window
        for axis in self.shown:
            f, s, d, n = (pair[axis] for pair in (window.kernel, window.stride, window.dilation, window.input_size))
            before, after = window.pads[axis]
            starts, taps = window.positions[axis], window.taps(axis, 0)
            self._dimension(axis, -1, 0, (taps[0], taps[-1]), f"f = {f}" + (f", d = {d}" if d > 1 and f > 1 else ""))
            if len(starts) > 1:
                self._dimension(axis, -1, 1, (starts[0], starts[1] - 1), f"s = {s}")
            self._dimension(axis, 1, 0, (0, n - 1), f"n = {n}")
            first, second = ("p", "p") if before == after and window.padding != "same" else ("p₁", "p₂")
            if before:
                self._dimension(axis, 1, 1, (-before, -1), f"{first} = {before}")
            if after:
                self._dimension(axis, 1, 1, (n, n + after - 1), f"{second} = {after}")

    def _dimension(self, axis, side, level, cells, text):
        """A dimension line from the first to the last of these cells, above or left (−1), below or right (1) of all."""
        at = self.input.ends[1 - axis][side > 0] + side * (0.1 + _LEVEL * level)
        self.canvas.dimension(axis, side, at, self.input.span(axis, *cells), text)

    def _write_texts(self, kinds):
        """Title, legend of these kinds and formulas; the page ends below them."""
        window, canvas = self.window, self.canvas
        dilation = f", dilation d = {_times(window.dilation)}" if window.extent != window.kernel else ""
        legend = {
            "tap": f"window: kernel f = {_times(window.kernel)}{dilation}",
            "next": f"next windows: stride s = {_times(window.stride)}",
            "padding": "padding p",
            "unread": "never read",
        }
        canvas.write(self.width / 2, _RIM, self.title, LARGE, ha="center", va="top")
        x, y = _RIM, self.bottom + 2 * _LINE  # below the line of ``show``
        for kind in (kind for kind in legend if kind in kinds):
            width = canvas.width_of(legend[kind])
            if x + 0.25 + width > self.width - _RIM:
                x, y = _RIM, y + _LINE
            canvas.boxes(kind, [((y - 0.08, y + 0.08), (x, x + 0.16))])
            canvas.write(x + 0.25, y, legend[kind], va="center")
            x += width + 0.55
        y += 1.5 * _LINE
        for label, text in self.formulas.items():
            canvas.write(_RIM, y, label, va="center", weight="bold")
            for line in text.splitlines():
                canvas.write(_RIM + self.margin, y, line, va="center")
                y += _LINE
        canvas.resize(self.width, y - _LINE / 2 + _RIM)

    def show(self, row, column):
        """Draws the window of one output, in place of the one before."""
        while self.moving:
            self.moving.pop().remove()
        canvas = self.canvas
        taps = [self.window.taps(axis, output) for axis, output in enumerate((row, column))]
        shown = ([cell for cell in slots if cell in each] for each, slots in zip(taps, self.input.slots, strict=True))
        cells = [*itertools.product(*shown)]
        (top, bottom), (_, right) = window = self.input.box(*taps)
        (low, deep), (left, _) = output = self.output.box([row], [column])
        tie = (right, left, None, right, left), (top, low, None, bottom, deep)
        self.moving += [
            canvas.boxes("tap", self.input.cells(filter(self._is_pixel, cells))),
            canvas.boxes("blank tap", self.input.cells(itertools.filterfalse(self._is_pixel, cells))),
            canvas.boxes("tap", self.output.cells([(row, column)])),
            canvas.boxes("window", [window, output]),
            *canvas.axes.plot(*tie, color=STYLES["window"]["edgecolor"], linewidth=0.9),
            canvas.write(self.width / 2, self.bottom, _caption(self.window, row, column), ha="center", va="center"),
        ]

    def show_next(self):
        """Outlines the windows beside and below the first one."""
        for output in ((0, 1), (1, 0)):
            if all(number < count for number, count in zip(output, self.window.output_size, strict=True)):
                taps = [self.window.taps(axis, number) for axis, number in enumerate(output)]
                self.canvas.boxes("next", [self.input.box(*taps), self.output.box(*([number] for number in output))])

    def _is_pixel(self, cell):
        """Whether a cell of the padded input is one of the input."""
        return all(0 <= place < n for place, n in zip(cell, self.window.input_size, strict=True))


def _caption(window, row, column):
    """In words what one output reads."""
    rows, columns = _listed("row", window.taps(0, row)), _listed("column", window.taps(1, column))
    return f"output ({row}, {column}) reads {rows} and {columns} of the input"


def _listed(name, taps):
    """A range in words; of a long one its ends."""
    some = [*taps] if len(taps) <= TAPS else [*taps[:2], "…", taps[-1]]
    return f"{name}{'s' if len(taps) > 1 else ''} {', '.join(map(str, some))}".replace("-", "−")


def _times(size):
    return " × ".join(map(str, size))
