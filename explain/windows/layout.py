"""What is drawn of a window's input and output, and where: all of short axes, both ends of long ones."""

import itertools
from typing import NamedTuple

#: Outputs along an axis that are shown one by one; of longer axes how many first and last ones, by preference.
_OUTPUTS = 7
_ENDS = ((4, 2), (3, 1), (2, 1))
#: Cells of the padded input along an axis that are drawn one by one, and taps of a kernel that are drawn at any
#: distance from each other.
_CELLS, TAPS = 28, 5


class ShownAxis(NamedTuple):
    """What is drawn of one axis, as number → slot; where numbers are left out, one slot stays free.

    Attributes:
        cells: of the padded input; those of the padding before it are negative.
        outputs: all with windows that begin and end in these cells.
    """

    cells: dict
    outputs: dict


def shown_axis(window, axis):
    """All of a short axis; both ends of a long one; of one with windows too wide for that, their ends."""
    n, count, reach = window.input_size[axis], window.output_size[axis], window.extent[axis]
    (before, after), starts = window.pads[axis], window.positions[axis]
    padded = range(-before, n + after)
    if count <= _OUTPUTS and len(padded) <= _CELLS:
        return ShownAxis(_slots(padded), _slots(range(count)))
    edges = {padded.start, 0, n, padded.stop}
    for first, last in _ENDS:
        if count > first + last + 1:
            head, tail = range(padded.start, starts[first - 1] + reach), range(starts[-last], padded.stop)
            if len(head) + len(tail) <= _CELLS:
                cells = {*head, *tail, *_beside(edges, padded)}
                return ShownAxis(_slots(cells), _slots({*range(first), *range(count - last, count)}))
    outputs = _slots({output for output in (0, 1, count - 1) if output in range(count)})
    edges.update(edge for output in outputs for edge in (starts[output], starts[output] + reach))
    if window.kernel[axis] <= TAPS:
        edges.update(window.taps(axis, 0))
    return ShownAxis(_slots(_beside(edges, padded)), outputs)


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


def length(slots):
    """Number of slots, those that stay free included."""
    return max(slots.values()) + 1


def is_read(window, axis, cell):
    """Whether any window has a tap in this row or column."""
    taps = range(0, window.extent[axis], window.dilation[axis])
    return any(cell - tap in window.positions[axis] for tap in taps)


def is_square(window):
    """Whether height and width are alike in all that a window has."""
    pairs = window.input_size, window.kernel, window.stride, window.dilation, window.pads
    return all(height == width for height, width in pairs)


def numbered_axes(window):
    """The axes whose numbers are shown: one if both are alike, none that has a single place."""
    several = tuple(axis for axis in (0, 1) if window.input_size[axis] + sum(window.pads[axis]) > 1)
    return (1,) if is_square(window) else several or (0, 1)


class Grid(NamedTuple):
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
        return tuple((at, at + self.side * length(slots)) for at, slots in zip(self.corner, self.slots, strict=True))

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
        for place in itertools.product(*(range(length(slots)) for slots in self.slots)):
            if any(slot not in each for slot, each in zip(place, shown, strict=True)):
                yield tuple(at + self.side * (slot + 0.5) for at, slot in zip(self.corner, place, strict=True))
