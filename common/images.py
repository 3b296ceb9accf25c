"""Pixels that several rooms handle alike."""

import numpy as np

from .fit import Fit

#: Numbers in the largest image that a network is run on; one of 8K in gray has nearly as many.
MOST_NUMBERS = 1 << 25


def resized(images, size, fit=None):
    """Images at another size, bilinear with antialiasing as Pillow does it; each channel on its own.

    Args:
        images: uint8 ``[n, height, width, channels]``.
        size: ``(height, width)``.
        fit: ``Fit``; stretched if ``None``.

    Returns:
        uint8 ``[n, *size, channels]``; the very array that came in if nothing was to be done.
    """
    from PIL import Image

    if images.shape[1:3] == tuple(size):
        return images
    fit, channels = fit or Fit(), images.shape[3]
    out = np.empty((len(images), *size, channels), np.uint8)
    bands = fit.in_bands(channels)
    for image, target in zip(images, out, strict=True):
        for channel, band in enumerate(bands):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
            target[..., channel] = band.applied(plane, size)
    return out
