"""What becomes of training images where a split is missing.

``by_content`` for data that people collect, and ``by_position`` for published data sets, which do not grow: their
splits stay as all published numbers know them.

Both give a function ``draw(split, part, fraction, leave)`` → bool [n], the images that go into ``part``. Each class
gives at least one and keeps at least ``leave``: one for training and one for each split that is still to be drawn.
"""

import hashlib

import numpy as np


def by_content(seed):
    """Each image's place is decided by what it shows and by the seed, whatever else there is.

    An image goes into the split if a hash of its content and of the seed, read as a number from 0 to 1, is below the
    split's share. So images that are added or removed move no other one from training to test or validation, a name or
    a folder does not matter, and identical images are in the same split. This is how TensorFlow's Speech Commands are
    split, there by a hash of the file's name (P. Warden, Speech Commands, arXiv:1804.03209; ``which_set``).

    The price is that the share is met on average only: of 100 images 20 ± 4 are in a test split of 20 %. And where a
    small class would be without an image in some split, the promise cannot be kept whole:

    - None is below the share: the image with the lowest number goes. An image added later may take its place, and the
      first goes back to training. Only if that very image is removed does another one leave the training images.
    - All, or all but too few for the other splits, are below: those with the highest numbers stay.
    - A class of fewer different images than splits: copies of an image count as different ones.
    """

    def draw(split, part, fraction, leave):
        drawn = np.zeros(len(split), bool)
        share = np.uint64(int(fraction * 2**64))
        numbers = _numbers(f"{digest:016x} {part} {seed}" for digest in split.digests.tolist())
        for label in np.flatnonzero(np.bincount(split.labels)):
            members = np.flatnonzero(split.labels == label)
            values, place = np.unique(numbers[members], return_inverse=True)
            if len(values) <= leave:
                copies = _numbers(f"{numbers[k]} {copy}" for copy, k in enumerate(members))
                values, place = np.unique(copies, return_inverse=True)
            count = min(max(np.count_nonzero(values < share), 1), len(values) - leave)
            drawn[members[place < count]] = True
        return drawn

    return draw


def _numbers(texts):
    """uint64 [n], a hash of each text."""
    hashes = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(hashes), "<u8")


def by_position(seed):
    """A seeded random choice of places, ``fraction`` of every class, rounded.

    scikit-learn's ``train_test_split`` rounds over all classes together and refuses small classes; here each class is
    drawn by itself.
    """
    random = np.random.default_rng(seed)

    def draw(split, part, fraction, leave):
        drawn = np.zeros(len(split), bool)
        for label in np.flatnonzero(np.bincount(split.labels)):
            members = random.permutation(np.flatnonzero(split.labels == label))
            drawn[members[: min(max(round(fraction * len(members)), 1), len(members) - 1)]] = True
        return drawn

    return draw
