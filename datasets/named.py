"""The data sets known by name: where each is found, and the check that it is whole."""

import dataclasses
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..common.environment import version
from ..common.errors import EdgezooError
from ..common.quiet import import_tensorflow
from .dataset import Split, assemble
from .idx import read_idx
from .images import can_convert
from .sources import ArrayStore

#: Folder of Zalando's four files, for machines without the Debian package.
FASHION_MNIST_VARIABLE = "EDGEZOO_FASHION_MNIST"
_DEBIAN_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
_FASHION_MNIST_FILES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}


@dataclasses.dataclass(frozen=True)
class Named:
    """A data set known by name.

    Attributes:
        class_names: in the order of the labels.
        image_shape: (h, w, c) as published.
        counts: images per class of each published part.
        find: -> where it is on this machine, or ``None``; cheap.
        fetch: -> ``{part: (uint8 [n, h, w, c] or [n, h, w], labels [n] or [n, 1])}``; downloads where it must.
        how: how to get it, for people.
        sha256: of all images and labels, see ``_content_sha256``; ``None`` where Keras' download checks it.
        image_size: (H, W) that the images are read in by default, where not as published.
    """

    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    counts: dict[str, tuple[int, ...]]
    find: Callable
    fetch: Callable
    how: str
    sha256: str | None = None
    image_size: tuple[int, int] | None = None


def load_named(name, *, seed, image_size, channels, validation_fraction):
    """Loads a data set of ``NAMED``; arguments and errors as in ``load_dataset``."""
    named = NAMED[name]
    height, width, stored = named.image_shape
    shape = (*(image_size or named.image_size or (height, width)), channels or stored)
    if not can_convert(stored, shape[2]):
        raise EdgezooError(f"{name}: images can be read with 1 or 3 channels. Received: channels={channels}")
    parts = {
        part: (
            np.ascontiguousarray(images, np.uint8).reshape(-1, *named.image_shape),
            np.ravel(labels).astype(np.int64),
        )
        for part, (images, labels) in named.fetch().items()
    }
    digest = _checked(name, named, parts)
    source = {
        "kind": "named",
        "path": named.find(),
        "sha256": digest,
        "sizes": {"distinct": 1, "smallest": [height, width], "largest": [height, width]},
    }
    splits = {part: Split(ArrayStore(images, shape), labels) for part, (images, labels) in parts.items()}
    return assemble(name, named.class_names, shape, splits, source, seed=seed, validation_fraction=validation_fraction)


def known_datasets():
    """The data sets known by name; imports no TensorFlow and downloads nothing.

    Returns:
        List of JSON-able dicts: ``name``, ``classes`` (how many), ``input_shape``, ``found`` (where it is on this
        machine, or ``None``), ``how`` (how to get it).
    """
    return [
        {
            "name": name,
            "classes": len(named.class_names),
            "input_shape": [*(named.image_size or named.image_shape[:2]), named.image_shape[2]],
            "found": named.find(),
            "how": named.how,
        }
        for name, named in NAMED.items()
    ]


def _checked(name, named, parts):
    """The content's SHA-256, if this is the data set as published."""
    for part, (images, labels) in parts.items():
        counts = tuple(np.bincount(labels, minlength=len(named.class_names)).tolist())
        if counts != named.counts[part] or len(images) != len(labels):
            raise EdgezooError(
                f"{name} is not as published: {len(images):,} {part} images and {len(labels):,} labels, "
                f"or another count in some class; remove it and get it again: {named.how}."
            )
    digest = _content_sha256(parts)
    if named.sha256 not in (None, digest):
        raise EdgezooError(
            f"{name} is not as published: its checksum differs; remove it and get it again: {named.how}."
        )
    return digest


def _content_sha256(parts):
    """SHA-256 over images and labels, as bytes, of the training and then of the test part.

    Of the content rather than of files: the same images come in several containers. Debian's .gz files differ from
    Zalando's, as they do not store the name of what they hold.
    """
    digest = hashlib.sha256()
    for images, labels in parts.values():
        digest.update(images)
        digest.update(labels.astype(np.uint8))
    return digest.hexdigest()


# -- where they come from ---------------------------------------------------------------------------------------------


def _keras_cache():
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def _download(name):
    """``{part: (images, labels)}`` from Keras, which keeps what it downloads."""
    import_tensorflow()
    import keras

    try:
        train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # Keras raises a bare Exception where the download fails
        gist = " ".join(str(error).split()) or type(error).__name__
        raise EdgezooError(
            f"cannot get {name}, Keras' download failed ({gist}): connect this machine to the network, "
            f"or copy {_keras_cache()} from one where it worked."
        ) from error
    return {"train": train, "test": test}


def _from_keras(cached, **facts):
    """A data set that Keras downloads; ``cached`` is what it then leaves in its folder."""
    name = facts.pop("name")

    def find():
        path = _keras_cache() / cached
        return str(path) if path.exists() else None

    return Named(find=find, fetch=lambda: _download(name), how="downloaded by Keras at the first use", **facts)


def _has_fashion_mnist(folder):
    return all((folder / file).is_file() for pair in _FASHION_MNIST_FILES.values() for file in pair)


def _find_fashion_mnist():
    own = os.environ.get(FASHION_MNIST_VARIABLE)
    folders = [_DEBIAN_FASHION_MNIST, *([Path(own)] if own else []), _keras_cache() / "fashion-mnist"]
    return next((str(folder) for folder in folders if _has_fashion_mnist(folder)), None)


def _fetch_fashion_mnist():
    found, own = _find_fashion_mnist(), os.environ.get(FASHION_MNIST_VARIABLE)
    # Somebody who names a folder does not want a download instead.
    if own and found not in (str(_DEBIAN_FASHION_MNIST), str(Path(own))):
        files = ", ".join(file for pair in _FASHION_MNIST_FILES.values() for file in pair)
        raise EdgezooError(f"{FASHION_MNIST_VARIABLE} names {own}, which does not hold all of {files}.")
    if not found:
        return _download("fashion_mnist")
    return {part: tuple(read_idx(Path(found, file)) for file in files) for part, files in _FASHION_MNIST_FILES.items()}


def _fetch_digits():
    from sklearn.datasets import load_digits

    digits = load_digits()
    return {"train": (np.rint(digits.images * (255 / 16)), digits.target)}


def _find_digits():
    installed = version("scikit-learn")
    return installed and f"scikit-learn {installed}"


# -- which there are --------------------------------------------------------------------------------------------------

_DIGITS = tuple("0123456789")
_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
    castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
    elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
    man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
    pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
    skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
    tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""

NAMED = {
    "fashion_mnist": Named(
        class_names=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
        image_shape=(28, 28, 1),
        counts={"train": (6000,) * 10, "test": (1000,) * 10},
        find=_find_fashion_mnist,
        fetch=_fetch_fashion_mnist,
        how=f"apt-get install dataset-fashion-mnist, or {FASHION_MNIST_VARIABLE}=FOLDER, or downloaded by Keras",
        sha256="ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
    ),
    "mnist": _from_keras(
        "mnist.npz",
        name="mnist",
        class_names=_DIGITS,
        image_shape=(28, 28, 1),
        counts={
            "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
            "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
        },
    ),
    "cifar10": _from_keras(
        "cifar-10-batches-py-target",
        name="cifar10",
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        image_shape=(32, 32, 3),
        counts={"train": (5000,) * 10, "test": (1000,) * 10},
    ),
    "cifar100": _from_keras(
        "cifar-100-python-target",
        name="cifar100",
        class_names=tuple(_CIFAR100.split()),
        image_shape=(32, 32, 3),
        counts={"train": (500,) * 100, "test": (100,) * 100},
    ),
    # 8×8 pixels are fewer than most networks can halve; at 32×32 they have the size of the bitmaps they were made from.
    "digits": Named(
        class_names=_DIGITS,
        image_shape=(8, 8, 1),
        counts={"train": (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)},
        find=_find_digits,
        fetch=_fetch_digits,
        how="comes with scikit-learn",
        image_size=(32, 32),
    ),
}
