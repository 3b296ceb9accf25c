"""What becomes of training images where a split is missing.

``by_content`` for data that people collect, and ``by_position`` for published data sets, which do not grow: their
splits stay as all published numbers know them.

Both give a function ``draw(split, part, fraction, leave)`` → bool [n], the images that go into ``part``. Each class
gives at least two and keeps at least two for each of the ``leave`` splits that come behind, training among them: of a
single image nobody can say how well its class is told. A class of too few for that gives one alone.
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
    small class would be without two images in some split, the promise cannot be kept whole:

    - Fewer than two are below the share: the two images with the lowest numbers go. An image added later may take the
      place of one of them, which goes back to training. Only if one of the two is removed does another one leave the
      training images.
    - All, or all but too few for the other splits, are below, or more than the one that a class of too few gives: those
      with the highest numbers stay, until there are others to stay in their place. No rule could promise more: if a
      class keeps two training images whatever else there is, any six held-out images of a large class have some among
      them that were for training when they were alone.
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
            drawn[members[place < _bounded(np.count_nonzero(values < share), len(values), leave)]] = True
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
            drawn[members[: _bounded(round(fraction * len(members)), len(members), leave)]] = True
        return drawn

    return draw


def _bounded(count, of, leave):
    """How many of a class are drawn, ``count`` if that leaves enough for this and the ``leave`` other splits."""
    if of < 2 * (leave + 1):
        return 1
    return min(max(count, 2), of - 2 * leave)
