"""How unevenly the images of a split are spread over the classes."""

import numpy as np

#: From this ratio on the classes with few images are noticeably learned worse, and it is worth a word.
NOTABLE = 3


def imbalance(split, class_names):
    """The largest and the smallest class of a ``Split``.

    Args:
        split: ``Split``.
        class_names: one a class, in the order of the labels.

    Returns:
        JSON-able dict of ``ratio``, how many images the largest class has for one of the smallest, and ``largest`` and
        ``smallest``, each ``{"class", "images"}``; classes without any image do not count.
    """
    counts = np.bincount(split.labels, minlength=len(class_names))
    present = np.flatnonzero(counts)
    ends = {"largest": present[counts[present].argmax()], "smallest": present[counts[present].argmin()]}
    return {
        "ratio": float(counts[ends["largest"]] / counts[ends["smallest"]]),
        **{end: {"class": class_names[label], "images": int(counts[label])} for end, label in ends.items()},
    }


def in_words(row):
    """What ``imbalance`` gives as the beginning of a sentence."""
    largest, smallest = row["largest"], row["smallest"]
    return (
        f"class {largest['class']!r} has {largest['images']:,} training images, {smallest['class']!r} has "
        f"{smallest['images']:,}, a ratio of {row['ratio']:.3g} to 1"
    )
