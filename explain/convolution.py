"""The arithmetic of convolution and pooling as a picture: input, padding, window, stride, dilation and output.

The symbols are those of the formula ⌊(n + 2p − d(f − 1) − 1)/s⌋ + 1, after Dumoulin and Visin 2016, «A guide to
convolution arithmetic for deep learning»: n input, p padding, f kernel, s stride, d dilation. ``"same"`` padding is
TensorFlow's: ⌈n/s⌉ outputs, an odd pixel of padding at the bottom and on the right.
"""

import dataclasses
import itertools
import numbers
from pathlib import Path
from typing import NamedTuple

from ..common.errors import EdgezooError
from ..common.files import replacing
from ..inspection.arithmetic import extent, output_size, same_padding
from .figures import save
from .model_file import choose

_AXES = ("height", "width")


@dataclasses.dataclass(frozen=True)
class Window:
    """A window that slides over an image; all pairs are (height, width), in pixels.

    Attributes:
        input_size: of the image.
        kernel: taps of the window, f.
        stride: from one position to the next, s.
        padding: ``"same"``, ``"valid"``, or pixels ``((top, bottom), (left, right))``.
        dilation: from one tap to the next, d; above 1 the window has gaps.

    Raises:
        EdgezooError: a value that no window has, or not one position at which the window fits.
    """

    input_size: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: str | tuple[tuple[int, int], tuple[int, int]] = "valid"
    dilation: tuple[int, int] = (1, 1)

    def __post_init__(self):
        for name in ("input_size", "kernel", "stride", "dilation"):
            if not _is_pair(getattr(self, name), 1):
                words = name.replace("_", " ")
                raise EdgezooError(f"{words} must be (height, width), each 1 or more, not {getattr(self, name)!r}.")
        if self.padding not in ("same", "valid") and not _are_pads(self.padding):
            pixels = "pixels ((top, bottom), (left, right))"
            raise EdgezooError(f"padding must be 'same', 'valid' or {pixels}, each 0 or more, not {self.padding!r}.")
        for axis, name in enumerate(_AXES):
            if self.output_size[axis] < 1:
                raise EdgezooError(
                    f"the window does not fit: its {name} is {self.extent[axis]}, that of the padded input is only "
                    f"{self.input_size[axis] + sum(self.pads[axis])}; take a smaller kernel or a larger input."
                )

    @property
    def extent(self):
        """(height, width) from the first to the last tap: d(f − 1) + 1."""
        return tuple(map(extent, self.kernel, self.dilation))

    @property
    def pads(self):
        """Pixels ``((top, bottom), (left, right))`` around the input."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        if self.padding == "same":
            return tuple(map(same_padding, self.input_size, self.kernel, self.stride, self.dilation))
        return self.padding

    @property
    def output_size(self):
        """(height, width) of the output: the number of positions."""
        padded = (n + sum(pads) for n, pads in zip(self.input_size, self.pads, strict=True))
        return tuple(
            output_size(n, kernel, stride, "valid", dilation)
            for n, kernel, stride, dilation in zip(padded, self.kernel, self.stride, self.dilation, strict=True)
        )

    @property
    def positions(self):
        """Where the windows begin: ranges of input rows and of columns, below 0 in the padding; one an output."""
        return tuple(
            range(-before, -before + count * stride, stride)
            for (before, _), count, stride in zip(self.pads, self.output_size, self.stride, strict=True)
        )

    def taps(self, axis, output):
        """Range of the input rows (axis 0) or columns (axis 1) that an output reads, the padding's included."""
        start = self.positions[axis][output]
        return range(start, start + self.extent[axis], self.dilation[axis])

    def formula(self, axis):
        """The output's size along axis 0 (height) or 1 (width), in symbols and in numbers.

        Returns:
            One line; for ``"same"`` a second one with the padding that it adds before and behind, p₁ and p₂.
        """
        n, f, s, d = (pair[axis] for pair in (self.input_size, self.kernel, self.stride, self.dilation))
        count, (before, after) = self.output_size[axis], self.pads[axis]
        if self.padding == "same":
            last, reach = ("f", f"{f}") if self.extent[axis] == f else ("d(f − 1) + 1", f"{d}·({f} − 1) + 1")
            return (
                f"⌈n/s⌉ = ⌈{n}/{s}⌉ = {count}\n"
                f"p₁ + p₂ = max((⌈n/s⌉ − 1)·s + {last} − n, 0) = max(({count} − 1)·{s} + {reach} − {n}, 0) = "
                f"{before + after} = {before} + {after}"
            )
        both, pixels = ("2p", f"2·{before}") if before == after else ("p₁ + p₂", f"{before} + {after}")
        last, reach = ("f", f"{f}") if self.extent[axis] == f else ("d(f − 1) − 1", f"{d}·({f} − 1) − 1")
        return f"⌊(n + {both} − {last})/s⌋ + 1 = ⌊({n} + {pixels} − {reach})/{s}⌋ + 1 = {count}"


def window_of(row):
    """The window of a layer: a row of ``inspection.describe``, of a ``.keras`` or a ``.tflite`` file.

    Raises:
        EdgezooError: it is no convolution or pooling, or one whose outputs do not each read one window.
    """
    if row.kernel is None or "transpose" in row.op.lower() or row.padding not in ("same", "valid"):
        raise EdgezooError(f"{row.name!r} ({row.op}) has no window to draw; choose a convolution or pooling layer.")
    return Window(row.input_size, row.kernel, row.stride, row.padding, row.dilation)


def draw(window, title=None):
    """A ``matplotlib`` figure: the first window and its output, the next ones beside and below, the formula.

    Short axes are drawn whole. Of long ones the cells at both ends are, and dots stand for those between, so that
    the picture of any input can be read.
    """
    sheet = _Sheet(window, title, has_next=True)
    sheet.show(0, 0)
    sheet.show_next()
    return sheet.figure


def animate(window, path, title=None):
    """Writes a GIF that repeats without end, in one step: the window goes over the input, one frame for each output.

    Along a long axis it goes over both ends only: there are at most 7 × 7 frames.
    """
    from PIL import Image

    sheet, palette = _Sheet(window, title), _palette()
    frames = []
    for output in itertools.product(*sheet.output.slots):
        sheet.show(*output)
        # Without dithering what stands still is the same in all frames, and the file small.
        frames.append(Image.fromarray(sheet.pixels()).quantize(palette=palette, dither=Image.Dither.NONE))
    with replacing(path) as temporary:
        frames[0].save(temporary, "GIF", save_all=True, append_images=frames[1:], duration=_FRAME_MS, loop=0)


def save_picture(window, path, title=None):
    """Writes the picture in one step: ``.svg`` and ``.png`` as of ``draw``, ``.gif`` as of ``animate``.

    Raises:
        EdgezooError: another suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".svg", ".png", ".gif"):
        raise EdgezooError(f"{path}: this picture is written as .svg, .png or .gif; name the output so.")
    if suffix == ".gif":
        animate(window, path, title)
    else:
        save(draw(window, title), path)


def draw_window(path, summary=None, pattern="*", window=None):
    """Writes the picture of a layer's window, or of any window.

    Args:
        path: ``.svg``, ``.png`` or ``.gif`` file.
        summary: ``Summary`` of a network (``inspection.describe``).
        pattern: shell pattern of layers' names; the first layer that fits and has a window is taken.
        window: instead of both the arguments of ``Window``, as a dict.

    Returns:
        dict: ``layer`` (its name, or ``None``), ``input_size``, ``kernel``, ``stride``, ``padding`` (pixels),
        ``dilation``, ``output_size``, ``formula`` (``{"height", "width"}``, in symbols and numbers) and ``output``, the
        file.

    Raises:
        EdgezooError: nothing fits the pattern, no such window is possible, or the file has another suffix.
    """
    name, title = None, None
    if window is None:
        rows = {row.name: row for row in summary.rows if row.kernel is not None}
        name = choose(list(rows), pattern, "a window")[0]
        chosen = window_of(rows[name])
        title = f"{name.partition(';')[0]} · {rows[name].op}"
    else:
        chosen = Window(**window)
    save_picture(chosen, path, title)
    return {
        "layer": name,
        **dataclasses.asdict(chosen),
        "padding": chosen.pads,
        "output_size": chosen.output_size,
        "formula": {axis: chosen.formula(number) for number, axis in enumerate(_AXES)},
        "output": str(path),
    }


def _is_pair(value, least):
    """Whether this is (height, width), whole numbers of at least ``least``."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        return False
    return all(isinstance(n, numbers.Integral) and not isinstance(n, bool) and n >= least for n in value)


def _are_pads(value):
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(_is_pair(pads, 0) for pads in value)


def _times(size):
    return " × ".join(map(str, size))


#: Outputs along an axis that are shown one by one; of longer axes how many first and last ones, by preference.
_OUTPUTS = 7
_ENDS = ((4, 2), (3, 1), (2, 1))
#: Cells of the padded input along an axis that are drawn one by one, and taps of a kernel that are drawn at any
#: distance from each other.
_CELLS, _TAPS = 28, 5


class _Axis(NamedTuple):
    """What is drawn of one axis, as number → slot; where numbers are left out, one slot stays free.

    Attributes:
        cells: of the padded input; those of the padding before it are negative.
        outputs: all with windows that begin and end in these cells.
    """

    cells: dict
    outputs: dict


def _axis(window, axis):
    """All of a short axis; both ends of a long one; of one with windows too wide for that, their ends."""
    n, count, reach = window.input_size[axis], window.output_size[axis], window.extent[axis]
    (before, after), starts = window.pads[axis], window.positions[axis]
    padded = range(-before, n + after)
    if count <= _OUTPUTS and len(padded) <= _CELLS:
        return _Axis(_slots(padded), _slots(range(count)))
    edges = {padded.start, 0, n, padded.stop}
    for first, last in _ENDS:
        if count > first + last + 1:
            head, tail = range(padded.start, starts[first - 1] + reach), range(starts[-last], padded.stop)
            if len(head) + len(tail) <= _CELLS:
                cells = {*head, *tail, *_beside(edges, padded)}
                return _Axis(_slots(cells), _slots({*range(first), *range(count - last, count)}))
    outputs = _slots({output for output in (0, 1, count - 1) if output in range(count)})
    edges.update(edge for output in outputs for edge in (starts[output], starts[output] + reach))
    if window.kernel[axis] <= _TAPS:
        edges.update(window.taps(axis, 0))
    return _Axis(_slots(_beside(edges, padded)), outputs)


def _beside(edges, padded):
    """The cells of the padded input at both sides of edges, each of which is named by the cell behind it."""
    return {cell for edge in edges for cell in (edge - 1, edge) if cell in padded}


def _slots(shown):
    """Slot of each of these numbers, and of single missing ones, which take no more room than their gap would."""
    slots = {}
    for number in sorted(shown):
        last = next(reversed(slots), number - 1)
        slot = slots.get(last, -1) + 1
        if number == last + 2:
            slots[last + 1] = slot
        slots[number] = slot + (number > last + 1)
    return slots


def _length(slots):
    return max(slots.values()) + 1


def _is_read(window, axis, cell):
    """Whether any window has a tap in this row or column."""
    taps = range(0, window.extent[axis], window.dilation[axis])
    return any(cell - tap in window.positions[axis] for tap in taps)


def _is_square(window):
    pairs = window.input_size, window.kernel, window.stride, window.dilation, window.pads
    return all(height == width for height, width in pairs)


def _shown_axes(window):
    """The axes whose numbers are shown: one if both are alike, none that has a single place."""
    several = tuple(axis for axis in (0, 1) if window.input_size[axis] + sum(window.pads[axis]) > 1)
    return (1,) if _is_square(window) else several or (0, 1)


class _Grid(NamedTuple):
    """Where an image lies on the page, in inches.

    Attributes:
        corner: its upper left corner (y, x).
        side: of a cell.
        slots: of rows and of columns.
    """

    corner: tuple
    side: float
    slots: tuple

    @property
    def ends(self):
        """``((top, bottom), (left, right))`` of all."""
        return tuple((at, at + self.side * _length(slots)) for at, slots in zip(self.corner, self.slots, strict=True))

    def span(self, axis, first, last):
        """Where a row (axis 0) or column (axis 1) begins and another one ends."""
        at, slots = self.corner[axis], self.slots[axis]
        return at + self.side * slots[first], at + self.side * (slots[last] + 1)

    def box(self, rows, columns):
        """``((top, bottom), (left, right))`` around ranges of rows and columns."""
        return self.span(0, rows[0], rows[-1]), self.span(1, columns[0], columns[-1])

    def cells(self, pairs):
        """The boxes of cells (row, column), a little apart from each other."""
        rim = 0.04 * self.side
        for row, column in pairs:
            (top, bottom), (left, right) = self.box([row], [column])
            yield (top + rim, bottom - rim), (left + rim, right - rim)

    def gaps(self):
        """(y, x) of the middle of each slot that stays free."""
        shown = [{*slots.values()} for slots in self.slots]
        for place in itertools.product(*(range(_length(slots)) for slots in self.slots)):
            if any(slot not in each for slot, each in zip(place, shown, strict=True)):
                yield tuple(at + self.side * (slot + 0.5) for at, slot in zip(self.corner, place, strict=True))


#: Inches: at most the side of a cell, and height and width of both grids together; from grid to grid.
_CELL, _GRIDS, _BETWEEN = 0.4, (4.8, 6.4), 1.0
#: Inches: at least the page's width between its rims; a rim; a line of text; a level of dimension lines, all of a side.
_PAGE, _RIM, _LINE, _LEVEL, _LEVELS = 6.0, 0.25, 0.23, 0.26, 0.6
#: Points: title, text, what stands at dimension lines.
_LARGE, _TEXT, _SMALL = 12, 9.5, 8.5
#: Of a GIF: pixels an inch, milliseconds a frame.
_DPI, _FRAME_MS = 90, 400
_INK = "#222222"
#: Okabe and Ito's colours, safe for the colour-blind, and tints of them; kinds that may touch differ in line style too.
_STYLES = {
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


class _Sheet:
    """A figure, measured in inches from its upper left corner: what stands still, and what belongs to one output.

    Args:
        window, title: as for ``draw``.
        has_next: whether ``show_next`` will be called, so that the legend names what it draws.
    """

    def __init__(self, window, title, has_next=False):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.window, self.title, self.moving = window, title or "", []
        self.shown = _shown_axes(window)
        self.headers = f"input {_times(window.input_size)}", f"output {_times(window.output_size)}"
        names = ["height and width"] if _is_square(window) else [_AXES[axis] for axis in self.shown]
        self.formulas = {name: window.formula(axis) for name, axis in zip(names, self.shown, strict=True)}
        self.figure = Figure(dpi=_DPI)
        FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.axis("off")
        self._place()
        kinds = self._draw_grids()
        self._draw_dimensions()
        self._write_texts({*kinds, "tap", *(("next",) if has_next and max(window.output_size) > 1 else ())})

    def _place(self):
        """Puts the grids side by side, below room for title and headers, on a page as wide as the widest line."""
        axes = [_axis(self.window, axis) for axis in (0, 1)]
        cells, outputs = zip(*axes, strict=True)
        (tall, wide), (low, narrow) = (map(_length, slots) for slots in (cells, outputs))
        side = min(_CELL, _GRIDS[0] / max(tall, low), _GRIDS[1] / (wide + narrow))
        beside = _LEVELS if 0 in self.shown else 0
        of_output = max(side * narrow, self._width(self.headers[1]))
        content = beside + side * wide + beside + _BETWEEN + of_output
        self.margin = max(self._width(label, weight="bold") for label in self.formulas) + 0.15
        formulas = [line for text in self.formulas.values() for line in text.splitlines()]
        last = (count - 1 for count in self.window.output_size)
        captions = _caption(self.window, 0, 0), _caption(self.window, *last)
        texts = self._width(self.title, _LARGE), self.margin + max(map(self._width, formulas))
        self.width = 2 * _RIM + max(content, _PAGE, *texts, *map(self._width, captions))
        left = (self.width - content) / 2 + beside
        self.top = _RIM + (2 * _LINE if self.title else 0)
        top = self.top + _LINE + _LEVELS
        height = side * max(tall, low)
        self.input = _Grid((top + (height - side * tall) / 2, left), side, cells)
        left += side * wide + beside + _BETWEEN + (of_output - side * narrow) / 2
        self.output = _Grid((top + (height - side * low) / 2, left), side, outputs)
        self.bottom = top + height + _LEVELS + _LINE / 2

    def _draw_grids(self):
        """Draws the cells and what is written above them; returns the kinds of input cells that there are."""
        window, grid = self.window, self.input
        read = [{cell for cell in grid.slots[axis] if _is_read(window, axis, cell)} for axis in (0, 1)]
        kinds = {"input": [], "padding": [], "unread": []}
        for cell in itertools.product(*grid.slots):
            is_read = cell[0] in read[0] and cell[1] in read[1]
            kinds["padding" if not self._is_pixel(cell) else "input" if is_read else "unread"].append(cell)
        kinds = {kind: cells for kind, cells in kinds.items() if cells}
        for kind, cells in kinds.items():
            self._patch(kind, grid.cells(cells))
        self._patch("output", self.output.cells(itertools.product(*self.output.slots)))
        self._patch("image", [grid.box(*map(range, window.input_size))])
        for grid, text in zip((self.input, self.output), self.headers, strict=True):
            _, (left, right) = grid.ends
            self._write((left + right) / 2, self.top, text, weight="bold", ha="center", va="top")
            for y, x in grid.gaps():
                self.axes.plot(x, y, ".", color="#777777", markersize=16 * grid.side)
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
        first, last = self.input.span(axis, *cells)
        at = self.input.ends[1 - axis][side > 0] + side * (0.1 + _LEVEL * level)
        ends, middle = ((first, at), (last, at)), ((first + last) / 2, at + 0.04 * side)
        align = {"ha": "center", "va": "bottom" if side < 0 else "top"}
        if axis == 0:
            ends, middle = [end[::-1] for end in ends], middle[::-1]
            align = {"ha": "right" if side < 0 else "left", "va": "center", "rotation": 90}
        arrow = {"arrowstyle": "|-|,widthA=2.5,widthB=2.5", "mutation_scale": 1, "shrinkA": 0, "shrinkB": 0}
        self.axes.annotate("", *ends, arrowprops={**arrow, "linewidth": 0.8, "color": _INK})
        self._write(*middle, text, _SMALL, **align)

    def _write_texts(self, kinds):
        """Title, legend of these kinds and formulas; the page ends below them."""
        window = self.window
        dilation = f", dilation d = {_times(window.dilation)}" if window.extent != window.kernel else ""
        legend = {
            "tap": f"window: kernel f = {_times(window.kernel)}{dilation}",
            "next": f"next windows: stride s = {_times(window.stride)}",
            "padding": "padding p",
            "unread": "never read",
        }
        self._write(self.width / 2, _RIM, self.title, _LARGE, ha="center", va="top")
        x, y = _RIM, self.bottom + 2 * _LINE  # below the line of ``show``
        for kind in (kind for kind in legend if kind in kinds):
            width = self._width(legend[kind])
            if x + 0.25 + width > self.width - _RIM:
                x, y = _RIM, y + _LINE
            self._patch(kind, [((y - 0.08, y + 0.08), (x, x + 0.16))])
            self._write(x + 0.25, y, legend[kind], va="center")
            x += width + 0.55
        y += 1.5 * _LINE
        for label, text in self.formulas.items():
            self._write(_RIM, y, label, va="center", weight="bold")
            for line in text.splitlines():
                self._write(_RIM + self.margin, y, line, va="center")
                y += _LINE
        height = y - _LINE / 2 + _RIM
        self.figure.set_size_inches(self.width, height)
        self.axes.set(xlim=(0, self.width), ylim=(height, 0))

    def show(self, row, column):
        """Draws the window of one output, in place of the one before."""
        while self.moving:
            self.moving.pop().remove()
        taps = [self.window.taps(axis, output) for axis, output in enumerate((row, column))]
        shown = ([cell for cell in slots if cell in each] for each, slots in zip(taps, self.input.slots, strict=True))
        cells = [*itertools.product(*shown)]
        (top, bottom), (_, right) = window = self.input.box(*taps)
        (low, deep), (left, _) = output = self.output.box([row], [column])
        tie = (right, left, None, right, left), (top, low, None, bottom, deep)
        self.moving += [
            self._patch("tap", self.input.cells(filter(self._is_pixel, cells))),
            self._patch("blank tap", self.input.cells(itertools.filterfalse(self._is_pixel, cells))),
            self._patch("tap", self.output.cells([(row, column)])),
            self._patch("window", [window, output]),
            *self.axes.plot(*tie, color=_STYLES["window"]["edgecolor"], linewidth=0.9),
            self._write(self.width / 2, self.bottom, _caption(self.window, row, column), ha="center", va="center"),
        ]

    def show_next(self):
        """Outlines the windows beside and below the first one."""
        for output in ((0, 1), (1, 0)):
            if all(number < count for number, count in zip(output, self.window.output_size, strict=True)):
                taps = [self.window.taps(axis, number) for axis, number in enumerate(output)]
                self._patch("next", [self.input.box(*taps), self.output.box(*([number] for number in output))])

    def _is_pixel(self, cell):
        """Whether a cell of the padded input is one of the input."""
        return all(0 <= place < n for place, n in zip(cell, self.window.input_size, strict=True))

    def pixels(self):
        """The page as uint8 [height, width, 3]."""
        import numpy as np

        self.figure.canvas.draw()
        return np.asarray(self.figure.canvas.buffer_rgba())[..., :3].copy()

    def _patch(self, kind, boxes):
        """Draws boxes ``((top, bottom), (left, right))`` of one kind; as a single path, so that files are small."""
        import numpy as np
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Outline

        corners = [
            corner
            for (top, bottom), (left, right) in boxes
            for corner in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        ]
        codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY] * (len(corners) // 5)
        return self.axes.add_patch(PathPatch(Outline(np.reshape(corners, (-1, 2)), codes), **_STYLES[kind]))

    def _write(self, x, y, text, size=_TEXT, **options):
        over_lines = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        return self.axes.text(x, y, text, size=size, color=_INK, bbox=over_lines, parse_math=False, zorder=5, **options)

    def _width(self, text, size=_TEXT, weight="normal"):
        """Inches that a line of text takes, the more of what it takes in an SVG and, hinted, in a GIF."""
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

        font = FontProperties(size=size, weight=weight)
        renderer = self.figure.canvas.get_renderer()
        widths = [each.get_text_width_height_descent(text, font, False)[0] for each in (text_to_path, renderer)]
        return max(widths[0] / 72, widths[1] / _DPI)


def _palette():
    """An image with the colours of a GIF: those that are drawn with, and grays for the rims of letters."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    names = {style[part] for style in _STYLES.values() for part in ("facecolor", "edgecolor")} - {"none"}
    colours = [to_rgb(name) for name in sorted(names)] + [(step / 12,) * 3 for step in range(2, 12)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(255 * part) for colour in colours for part in colour])
    return palette


def _caption(window, row, column):
    """In words what one output reads."""
    rows, columns = _listed("row", window.taps(0, row)), _listed("column", window.taps(1, column))
    return f"output ({row}, {column}) reads {rows} and {columns} of the input"


def _listed(name, taps):
    """A range in words; of a long one its ends."""
    some = [*taps] if len(taps) <= _TAPS else [*taps[:2], "…", taps[-1]]
    return f"{name}{'s' if len(taps) > 1 else ''} {', '.join(map(str, some))}".replace("-", "−")
