"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): Zalando's four files, wherever they are."""

import functools
import os
from pathlib import Path

from ...common.errors import EdgezooError
from ...common.keras_cache import keras_cache
from ..idx import read_idx
from .keras_download import download
from .named_dataset import NamedDataset

#: Folder of Zalando's four files, for machines without the Debian package.
FASHION_MNIST_VARIABLE = "EDGEZOO_FASHION_MNIST"
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


def _is_whole(folder):
    return all((folder / file).is_file() for pair in _FILES.values() for file in pair)


def _find():
    own = os.environ.get(FASHION_MNIST_VARIABLE)
    folders = [_DEBIAN, *([Path(own)] if own else []), keras_cache("datasets") / "fashion-mnist"]
    return next((str(folder) for folder in folders if _is_whole(folder)), None)


def _fetch():
    found, own = _find(), os.environ.get(FASHION_MNIST_VARIABLE)
    # Somebody who names a folder does not want a download instead.
    if own and found not in (str(_DEBIAN), str(Path(own))):
        files = ", ".join(file for pair in _FILES.values() for file in pair)
        raise EdgezooError(f"{FASHION_MNIST_VARIABLE} names {own}, which does not hold all of {files}.")
    if not found:
        return download("fashion_mnist")
    return {
        part: (functools.partial(read_idx, Path(found, images)), read_idx(Path(found, labels)))
        for part, (images, labels) in _FILES.items()
    }


DATASET = NamedDataset(
    "fashion_mnist",
    class_names=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    image_shape=(28, 28, 1),
    counts={"train": (6000,) * 10, "test": (1000,) * 10},
    find=_find,
    fetch=_fetch,
    how=f"apt-get install dataset-fashion-mnist, or {FASHION_MNIST_VARIABLE}=FOLDER, or downloaded by Keras",
    sha256="ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
    part_sha256={
        "train": "16d82e2b505296aa2b78bd5ea0992634f30419a4c97def7c907d154a35ac6157",
        "test": "9f1ec356a747bfe4ebab3cfb722d3694c9ca737e2570f6f90cf31d7b6fd689d4",
    },
)
