"""The one image that a model file takes."""

import math

from ..common.errors import EdgezooError
from ..common.images import MOST_NUMBERS
from ..common.text import dimensions


def _side(side):
    return None if side in (-1, None) else int(side)


def single_image_shape(path, shape, image_size):
    """(H, W, C) of a file's one input [B, H, W, C], sides that it leaves open filled in.

    Args:
        path: the file, for messages.
        shape: of the input; -1 and ``None`` stand for an open side.
        image_size: (height, width) for open sides, or ``None``.

    Raises:
        EdgezooError: the input is no image, has a fixed batch, is open and no size is given, or is larger than
            ``MOST_NUMBERS``.
    """
    if len(shape) != 4:
        raise EdgezooError(
            f"{path} is no image classifier: its input has the shape {[*map(_side, shape)]}, not [1, H, W, C]."
        )
    batch, *sides, channels = map(_side, shape)
    if batch not in (None, 1):
        raise EdgezooError(f"{path} takes batches of {batch} images; export it with batch 1.")
    if None in sides and image_size is None:
        raise EdgezooError(f"{path} takes images of any size; say which size to measure it at.")
    height, width = (own or given for own, given in zip(sides, image_size or (None, None), strict=True))
    if math.prod((height, width, channels)) > MOST_NUMBERS:
        size = dimensions((height, width, channels))
        raise EdgezooError(
            f"{path} takes images of {size}, which is more than the {MOST_NUMBERS:,} numbers of any here."
        )
    return height, width, channels
