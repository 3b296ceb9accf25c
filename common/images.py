"""Pixels that several rooms handle alike."""

import numpy as np


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
