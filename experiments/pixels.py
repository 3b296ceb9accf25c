"""Images permuted and shifted."""

import dataclasses

import numpy as np

from ..datasets.dataset import Split
from ..datasets.sources import ArraySource

#: The eight neighbours of a pixel, as (down, right).
DIRECTIONS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0))


def permutation(shape, seed):
    """A random order of an image's pixels.

    Args:
        shape: (H, W, C); the channels of a pixel stay together.
        seed: the same seed gives the same order.

    Returns:
        int64 [H·W], each number from 0 to H·W − 1 once: where each pixel comes from.
    """
    return np.random.default_rng(seed).permutation(shape[0] * shape[1])


def permuted(images, order):
    """Images with their pixels in another order.

    Args:
        images: [n, H, W, C].
        order: int [H·W], as of ``permutation``.

    Returns:
        The same shape and type; pixel i of each result is pixel ``order[i]`` of its image, counted along the rows.
    """
    n, height, width, channels = images.shape
    return images.reshape(n, height * width, channels)[:, order].reshape(images.shape)


def permuted_dataset(dataset, seed):
    """The same problem with the pixels of all images, of every split, in one and the same random order.

    Args:
        dataset: ``Dataset``; its images are read into memory.
        seed: of the order, which ``source["permuted_with_seed"]`` records.
    """
    order = permutation(dataset.input_shape, seed)

    def changed(split):
        return Split(ArraySource(permuted(split.read(np.arange(len(split))), order)), split.labels)

    splits = {part: changed(split) for part, split in dataset.splits.items()}
    return dataclasses.replace(dataset, source={**dataset.source, "permuted_with_seed": seed}, **splits)


def shifted(images, down, right):
    """Images moved by whole pixels; what comes in from outside repeats the pixels of the rim.

    Args:
        images: [n, H, W, C].
        down, right: pixels, negative for up and left.

    Returns:
        The same shape and type.
    """
    height, width = images.shape[1:3]
    rows, columns = (np.clip(np.arange(side) - by, 0, side - 1) for side, by in ((height, down), (width, right)))
    return images[:, rows][:, :, columns]
