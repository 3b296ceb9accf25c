"""Handwritten digits (Alpaydin and Kaynak 1998) as scikit-learn brings them along."""

import numpy as np

from ...common.environment import version
from .named_dataset import NamedDataset


def _find():
    installed = version("scikit-learn")
    return installed and f"scikit-learn {installed}"


def _fetch():
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"train": (np.rint(digits.images * (255 / 16)), digits.target)}


DATASET = NamedDataset(
    "digits",
    class_names=tuple("0123456789"),
    image_shape=(8, 8, 1),
    counts={"train": (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)},
    find=_find,
    fetch=_fetch,
    how="comes with scikit-learn",
    # 8×8 pixels are fewer than most networks can halve; at 32×32 they have the size of the bitmaps they were made from.
    image_size=(32, 32),
)
