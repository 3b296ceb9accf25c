"""Numbers that tell whether two images are the same, or nearly."""

import hashlib

import numpy as np


def fingerprint(pixels):
    """64 bits of a hash of an image's content.

    Two different images have the same one by chance once in 1.8e19; among a million images that is a chance of 3e-8.

    Args:
        pixels: uint8 [H, W, C] or, gray, [H, W]; as stored, before any resizing. RGB without a colour counts as gray.

    Returns:
        int below 2 ** 64.
    """
    if pixels.ndim == 3 and _is_gray(pixels):
        pixels = pixels[..., 0]
    digest = hashlib.blake2b("×".join(map(str, pixels.shape)).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(pixels))
    return int.from_bytes(digest.digest(), "little")


def _is_gray(pixels):
    if pixels.shape[2] == 1:
        return True
    first = pixels[0, 0]
    # One pixel decides for nearly all pictures with colours.
    return pixels.shape[2] == 3 and first[0] == first[1] == first[2] and bool((pixels == pixels[..., :1]).all())


#: Side of the miniatures that ``difference_hash`` compares.
MINIATURE = 9


def difference_hash(miniatures):
    """What is brighter than its neighbour, a hash that resizing, compression and brightness change little.

    The «dHash» of N. Krawetz (Kind of Like That, hackerfactor.com, 2013), here for rows and for columns: twice the bits
    leave fewer chance matches.

    Args:
        miniatures: uint8 [n, 9, 9], gray.

    Returns:
        uint64 [n, 2].
    """
    gray = miniatures.astype(np.int16)
    across = gray[:, :-1, 1:] > gray[:, :-1, :-1]
    down = gray[:, 1:, :-1] > gray[:, :-1, :-1]
    bits = np.stack([across, down], axis=1).reshape(len(gray), 2, 64)
    return np.packbits(bits, axis=2).view(np.uint64)[..., 0]
