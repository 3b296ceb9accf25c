"""Pixels that several rooms handle alike."""

import numpy as np

#: Numbers in the largest image that a network is run on; one of 8K in gray has nearly as many.
MOST_NUMBERS = 1 << 25


def resized(images, size):
    """Images at another size, bilinear with antialiasing as Pillow does it; each channel on its own.

    Args:
        images: uint8 ``[n, height, width, channels]``.
        size: ``(height, width)``.

    Returns:
        uint8 ``[n, *size, channels]``; the very array that came in if nothing was to be done.
    """
    from PIL import Image

    if images.shape[1:3] == tuple(size):
        return images
    height, width = size
    out = np.empty((len(images), height, width, images.shape[3]), np.uint8)
    for image, target in zip(images, out, strict=True):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            target[..., channel] = plane.resize((width, height), Image.Resampling.BILINEAR)
    return out
