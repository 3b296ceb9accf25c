"""The window goes over the input, as a GIF."""

import itertools

from matplotlib.colors import to_rgb
from PIL import Image

from ...common.files import replacing
from .canvas import STYLES
from .drawing import Sheet

_FRAME_MS = 400


def animate(window, path, title=None):
    """Writes a GIF that repeats without end, in one step: the window goes over the input, one frame for each output.

    Along a long axis it goes over both ends only: there are at most 7 × 7 frames.
    """
    sheet, palette = Sheet(window, title), _palette()
    frames = []
    for output in itertools.product(*sheet.output.slots):
        sheet.show(*output)
        # Without dithering what stands still is the same in all frames, and the file small.
        frames.append(Image.fromarray(sheet.canvas.pixels()).quantize(palette=palette, dither=Image.Dither.NONE))
    with replacing(path) as temporary:
        frames[0].save(temporary, "GIF", save_all=True, append_images=frames[1:], duration=_FRAME_MS, loop=0)


def _palette():
    """An image with the colours of a GIF: those that are drawn with, and grays for the rims of letters."""
    names = {style[part] for style in STYLES.values() for part in ("facecolor", "edgecolor")} - {"none"}
    colours = [to_rgb(name) for name in sorted(names)] + [(step / 12,) * 3 for step in range(2, 12)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([round(255 * part) for colour in colours for part in colour])
    return palette
