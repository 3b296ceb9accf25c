"""Options on the size of images: which, and how pictures get it."""

import click

from . import options


class Size(click.ParamType):
    """``96`` or ``72x96`` as (height, width)."""

    name = "size"

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        try:
            sides = tuple(map(int, value.split("x")))
        except ValueError:
            sides = ()
        if len(sides) not in (1, 2) or min(sides) < 1:
            self.fail(f"{value!r} is neither a side such as 96 nor HEIGHTxWIDTH such as 72x96.", param, ctx)
        return sides if len(sides) == 2 else sides * 2


def _kinds():
    from ..common.fit import KINDS

    return KINDS


image_size = click.option(
    "--input-size",
    "image_size",
    type=Size(),
    metavar="N|HxW",
    help="Size of the images, where the network does not fix it (default: their own; large or different ones get 96).",
)
fit = click.option(
    "--fit",
    type=options.Names(_kinds),
    help="How pictures get the network's size (default: as in its training; in that, squash).",
)
