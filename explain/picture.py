"""The user's picture as the pixels that a network takes."""

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import existing_file
from ..common.fit import CROP, PAD
from ..common.text import one_line
from ..datasets.images import can_convert, open_image, to_pixels

#: Longest side of a picture for a network that takes any size; feature maps of more would not fit into memory.
LONGEST_SIDE = 512


def read_picture(path, shape=(None, None, None), longest_side=LONGEST_SIDE, fit=None):
    """A picture in a network's shape.

    Args:
        path: PNG, JPEG, WebP, BMP, GIF or TIFF.
        shape: (H, W, C) to be made; ``None`` leaves a side as it is in the file.
        longest_side: pixels at most where the file's own size is taken; both sides shrink alike.
        fit: ``common.fit.Fit``, how it gets the height and width; squashed if ``None``.

    Returns:
        ``(pixels, changes)``: uint8 [H, W, C], and in words what had to be done to the picture, ``""`` if nothing.

    Raises:
        EdgezooError: no such file, it cannot be decoded, or the network's channels are neither gray nor RGB.
    """
    path = existing_file(path)
    try:
        image = open_image(path)
    except MemoryError:
        raise
    except Exception as error:  # whatever Pillow finds wrong with a stranger's file
        raise EdgezooError(f"{path} cannot be read as a picture: {one_line(error, 200)}") from error
    own = (image.height, image.width, len(image.getbands()))
    shrink = min(1, longest_side / max(own[:2]))
    open_side = [max(1, round(side * shrink)) for side in own[:2]] + [own[2]]
    wanted = tuple(asked or side for asked, side in zip(shape, open_side, strict=True))
    if not can_convert(own[2], wanted[2]):
        raise EdgezooError(f"the network takes {wanted[2]} channels; a picture has 1 (gray) or 3 (RGB).")
    how = {CROP: ", cropped in the middle", PAD: ", padded"}.get(fit and fit.kind, "")
    changes = "" if wanted == own else f"{path}: {_words(own)} was converted to {_words(wanted)}{how}"
    return np.asarray(to_pixels(image, wanted, fit)), changes


def _words(shape):
    height, width, channels = shape
    return f"{height}×{width} {'gray' if channels == 1 else 'RGB'}"
