"""A window as a file: one picture, or one that moves."""

import dataclasses
from pathlib import Path

from ...common.errors import EdgezooError
from ...common.figures import save
from ...common.files import output_file
from ..layers import choose
from .animation import animate
from .drawing import draw
from .window import AXES, Window, window_of


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
    output_file(path, "the picture")  # known before the drawing
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
        "formula": {axis: chosen.formula(number) for number, axis in enumerate(AXES)},
        "output": str(path),
    }
