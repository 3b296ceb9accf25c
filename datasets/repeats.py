"""Images that are in two splits of a data set: a network has seen them when it is tested on them."""

import dataclasses
import itertools

import numpy as np

from ..common.progress import note
from .fingerprints import MINIATURE, difference_hash
from .images import can_convert

_EXAMPLES = 20
_NAMED = 3
# Two images look alike if at most so many of the 128 bits of their difference hashes differ (those of two photographs
# differ in about 64), and their miniatures in so many gray levels on average, which keeps apart what is flat or has the
# same few edges. By these, 23 of the first 1,000 test images of CIFAR-10 are in its training images, too; people who
# looked at all counted 3.3 % (Barz and Denzler, Do We Train on Test Data?, 2020).
_DIFFERENT_BITS = 14
_DIFFERENT_GRAY = 16
_READ = 256
#: Of the second split compared at a time; with 50,000 in the first that takes 0.2 GB at most.
_COMPARED = 16


def with_identical(dataset):
    """The ``Dataset`` with the images that are in two splits in its ``source``, as ``identical``; they are told."""
    found = identical(dataset)
    for row in found:
        note(f"{dataset.name}: {in_words(row, 'identical')}")
    return dataclasses.replace(dataset, source=dataset.source | {"identical": found})


def in_words(row, how):
    """A row of ``identical`` or ``near`` as a sentence; ``how`` is one of these words."""
    first, second = row["splits"]
    images = "image of {} is" if row["images"] == 1 else "images of {} are"
    pairs = [f"{theirs} and {ours}" for ours, theirs in row["examples"][:_NAMED]]
    more = ", …" if row["images"] > _NAMED else ""
    return (
        f"{row['images']} {images.format(second)} {how} to one of {first} ({', '.join(pairs)}{more}); "
        "take such images out of one of the two, or the accuracy is flattered."
    )


def identical(dataset):
    """Images with the same pixels in two splits.

    Args:
        dataset: ``Dataset``.

    Returns:
        JSON-able list with a dict for every two splits that share images: ``splits``, the two names; ``images``, how
        many of the second are in the first, too; ``examples``, up to 20 pairs ``[name in the first, in the second]``.
    """
    rows = []
    for (first, a), (second, b) in itertools.combinations(dataset.splits.items(), 2):
        known, where = np.unique(a.digests, return_index=True)
        place = np.searchsorted(known, b.digests).clip(max=len(known) - 1)
        shared = np.flatnonzero(known[place] == b.digests)
        if len(shared):
            rows.append(_row(first, a, second, b, where[place[shared]], shared))
    return rows


def near(dataset):
    """Images of two splits that look alike, though their pixels differ: resized, compressed anew, a little brighter.

    By a difference hash (``fingerprints.difference_hash``) and the distance of miniatures. Every image is read once.
    Silhouettes, such as digits, often look alike without being the same.

    Args:
        dataset: ``Dataset``.

    Returns:
        As ``identical``, without what that finds.
    """
    small = {part: _miniatures(split) for part, split in dataset.splits.items()}
    hashes = {part: difference_hash(images) for part, images in small.items()}
    rows = []
    for (first, a), (second, b) in itertools.combinations(dataset.splits.items(), 2):
        ours, theirs = [], []
        for start in range(0, len(b), _COMPARED):
            block = slice(start, start + _COMPARED)
            # Two times 64 bits: a sum of two arrays is ten times as fast as one over an axis of two.
            across, down = (
                np.bitwise_count(hashes[second][block, None, k] ^ hashes[first][None, :, k]) for k in (0, 1)
            )
            bits = across + down
            i, j = np.nonzero(bits <= _DIFFERENT_BITS)
            i += start
            distance = np.abs(small[second][i].astype(np.int16) - small[first][j]).mean(axis=(1, 2))
            alike = (distance <= _DIFFERENT_GRAY) & (a.digests[j] != b.digests[i])
            i, j = i[alike], j[alike]
            i, once = np.unique(i, return_index=True)
            theirs += i.tolist()
            ours += j[once].tolist()
        if theirs:
            rows.append(_row(first, a, second, b, ours, theirs))
    return rows


def _row(first, a, second, b, ours, theirs):
    pairs = list(zip(ours, theirs, strict=True))[:_EXAMPLES]
    return {
        "splits": [first, second],
        "images": len(theirs),
        "examples": [[a.name(i), b.name(j)] for i, j in pairs],
    }


def _miniatures(split):
    """uint8 [n, 9, 9]."""
    channels = split.shape[2]
    gray = split.at((MINIATURE, MINIATURE, 1 if can_convert(channels, 1) else channels))
    batches = [images.mean(axis=3).astype(np.uint8) for images, _ in gray.batches(_READ)]
    return np.concatenate(batches)
