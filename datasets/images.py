"""One picture to the pixels that a network sees.

The same few rules hold for every image, whether it trains, calibrates or tests, so that they can be repeated on a
device: upright, 8 bits, gray or RGB, transparency over white, brought to the size asked for with a bilinear filter, as
a ``Fit`` says. Colour profiles are not applied, as in TensorFlow's own decoders.
"""

import numpy as np
from PIL import Image, ImageOps

from ..common.fit import Fit

#: Endings of file names that count as pictures, in any case; a file's content says which format it is. ``.jfif`` is how
#: browsers on Windows save a JPEG.
SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".pjpeg", ".pjp", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
)
#: The formats, for people.
FORMATS = "PNG, JPEG, WebP, BMP, GIF or TIFF"
# Pillow knows dozens of formats, some of which start other programs; only these may be tried.
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_MODES = {1: "L", 3: "RGB"}


def open_image(path, at_least=None):
    """Decodes a picture file.

    EXIF orientation is applied; palettes, CMYK and bilevel are converted; of 16 bits the upper 8 are kept; transparent
    pixels are laid over white; of an animation the first frame is taken, of a TIFF the first page.

    Args:
        path: PNG, JPEG, WebP, BMP, GIF or TIFF.
        at_least: side in pixels; a JPEG may then be decoded at a half, a quarter or an eighth of its size as long as
            neither side gets shorter than this. A photo of 12 megapixels opens several times faster.

    Returns:
        ``PIL.Image.Image`` of mode ``"L"`` or ``"RGB"``.

    Raises:
        OSError, ValueError, SyntaxError, …: whatever Pillow finds wrong with the file, truncation included.
        Image.DecompressionBombError: more pixels than ``Image.MAX_IMAGE_PIXELS``.
    """
    with Image.open(path, formats=_FORMATS) as image:
        # Pillow itself only warns up to twice this limit.
        if image.width * image.height > Image.MAX_IMAGE_PIXELS:
            raise Image.DecompressionBombError(f"{image.width}×{image.height} pixels are more than Pillow allows")
        if at_least:
            image.draft(None, (at_least, at_least))
        if image.format == "TIFF":  # Pillow 13 would map an uncompressed one into memory with its sides exchanged
            image.filename = ""
        image = ImageOps.exif_transpose(image)
    if image.mode in ("F", "I") and not _fits_16_bits(image):
        raise ValueError("its pixels have 32 bits; save it with 8 or 16")
    if image.mode.startswith("I"):
        # convert("L") would clip 16-bit gray at 255. Pillow keeps the upper 8 bits of 16-bit colour; so do we of gray.
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _fits_16_bits(image):
    low, high = image.getextrema()
    return image.mode == "I" and 0 <= low <= high <= 0xFFFF


def is_gray(image):
    """Whether no pixel of a ``PIL.Image.Image`` of mode ``"L"`` or ``"RGB"`` has a colour."""
    if image.mode == "L":
        return True
    red, green, blue = (np.asarray(channel) for channel in image.split())
    return np.array_equal(red, green) and np.array_equal(green, blue)


def can_convert(from_channels, to_channels):
    """Whether ``to_pixels`` goes from one count of channels to the other: gray and RGB both ways."""
    return from_channels in _MODES and to_channels in _MODES


def to_pixels(image, shape, fit=None):
    """The image in the given shape.

    Args:
        image: ``PIL.Image.Image`` of mode ``"L"`` or ``"RGB"``.
        shape: (H, W, C) with C 1 or 3. Gray is repeated over RGB; RGB becomes gray as 0.299 R + 0.587 G + 0.114 B
            (ITU-R BT.601).
        fit: ``Fit``, how it gets the size: bilinear, with antialiasing where it shrinks; stretched if ``None``.

    Returns:
        uint8 [H, W, C].
    """
    height, width, channels = shape
    image = (fit or Fit()).applied(image.convert(_MODES[channels]), (height, width))
    return np.asarray(image).reshape(shape)
