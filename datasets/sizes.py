"""The height and width in which images are read, and how they get there."""

import numpy as np

from ..common.errors import EdgezooError, UnknownName
from ..common.fit import CROP, KINDS, PAD, Fit
from ..common.images import MOST_NUMBERS
from ..common.text import dimensions

#: Sides that equally large images keep by default, the shorter and the longer one.
_LARGEST_EQUAL = (96, 256)
#: Bounds of the default side where the images differ: what the zoo's networks can still halve, and what a
#: microcontroller can hold.
_SIDES = (32, 96)
#: Of the training images, so many tell their mean colour: it is known to two or three of 255 then.
_LOOKED_AT = 1000
#: Side in which they are looked at.
_MINIATURE = 32


def default_size(sizes):
    """The size to read images in where none is asked for.

    Args:
        sizes: (height, width) of every image.

    Returns:
        (H, W): the images' own if they are all alike, the shorter side at most 96 and the longer one at most 256; else
        a square whose side is the median of their shorter sides, rounded down to a multiple of 8, between 32 and 96.
    """
    first = sizes[0]
    is_small = min(first) <= _LARGEST_EQUAL[0] and max(first) <= _LARGEST_EQUAL[1]
    if is_small and all(size == first for size in sizes):
        return tuple(first)
    side = int(np.median([min(size) for size in sizes])) // 8 * 8
    return (int(np.clip(side, *_SIDES)),) * 2


def checked_size(image_size):
    """(H, W) of a side or a pair, or ``None``."""
    if image_size is None:
        return None
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size):
        raise EdgezooError(f"the image size must be a side or (height, width) in pixels. Received: {image_size}")
    if size[0] * size[1] > MOST_NUMBERS:
        raise EdgezooError(f"images of {dimensions(size)} pixels are larger than any network takes here.")
    return size


def fitted(dataset, fit):
    """The ``Dataset`` with images that get their size in a given way.

    Args:
        dataset: ``Dataset``.
        fit: a ``Fit``, or one of ``common.fit.KINDS``; the border of ``"pad"`` is the mean colour of the training
            images then.
    """
    if not isinstance(fit, Fit):
        if fit not in KINDS:
            raise UnknownName("fit", fit, KINDS, f"there are {', '.join(KINDS)}")
        fit = Fit(fit, mean_colour(dataset.train) if fit == PAD else ())
    return dataset if fit == dataset.fit else dataset.fitted(fit)


def mean_colour(split):
    """The mean of a ``Split``'s images, a whole number a channel; of at most 1,000 of them, a fixed sample."""
    images = split.take(_LOOKED_AT).at((_MINIATURE, _MINIATURE, split.shape[2]), Fit())
    means = np.concatenate([batch.mean(axis=(1, 2)) for batch, _ in images.batches(256)])
    return tuple(map(int, np.rint(means.mean(axis=0))))


def size_in_words(dataset, is_default):
    """A sentence on what becomes of the size of a ``Dataset``'s images, or ``None`` where they keep it.

    Args:
        is_default: whether nobody, user or network, asked for their size.
    """
    sizes, size = dataset.source["sizes"], dataset.input_shape[:2]
    smallest, largest = tuple(sizes["smallest"]), tuple(sizes["largest"])
    if sizes["distinct"] == 1 and smallest == size:
        return None
    own = dimensions(smallest) if sizes["distinct"] == 1 else f"{dimensions(smallest)} to {dimensions(largest)}"
    default = ", a default that suits small devices; another with --input-size" if is_default else ""
    # Where nothing is distorted there is nothing to choose.
    square = sizes["distinct"] == 1 and smallest[0] * size[1] == smallest[1] * size[0]
    others = "" if square or dataset.fit.kind in (CROP, PAD) else "; --fit crop or pad keeps their proportions"
    return f"{dataset.name}: images of {own} {dataset.fit.text} {dimensions(size)}{default}{others}"
