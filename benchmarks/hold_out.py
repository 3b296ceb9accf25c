"""CIFAR-10 as the weights that ship were trained and are tested: its official test images stay for later.

    python benchmarks/hold_out.py [--data cifar10] [-o build/cifar10.npz]

Of the official training images, in their order, the first 36,000 are for training, the next 4,000 for validation and
the last 10,000 for testing. Where Keras cannot download them, ``--data`` is an ``.npz`` file with ``x_train`` and
``y_train`` in that order. The file that is written is what ``--data`` of the other scripts takes.
"""

from pathlib import Path

import click
import numpy as np
from script import run

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import existing_file, replacing
from edgezoo.common.text import one_line
from edgezoo.datasets.named import NAMED

CIFAR10 = NAMED["cifar10"]
#: Where each split begins and ends.
SPLITS = {"train": (0, 36_000), "val": (36_000, 40_000), "test": (40_000, 50_000)}


def official(data):
    """The official training images, uint8 [50000, 32, 32, 3], and their labels [50000].

    Raises:
        EdgezooError: there are none.
    """
    if data == CIFAR10.name:
        images, labels = CIFAR10.fetch()["train"]
    else:
        try:
            with np.load(existing_file(data), allow_pickle=False) as file:
                images, labels = file["x_train"], file["y_train"]
        except (KeyError, ValueError, OSError) as error:
            raise EdgezooError(f"{data} is no .npz file with x_train and y_train: {one_line(error)}") from error
    counts = np.bincount(labels.ravel())
    if images.shape[1:] != CIFAR10.image_shape or tuple(counts.tolist()) != CIFAR10.counts["train"]:
        raise EdgezooError(f"{data} does not have CIFAR-10's 50,000 training images of 32×32×3, 5,000 a class.")
    return images, labels.ravel()


@click.command()
@click.option("--data", default=CIFAR10.name, show_default=True, help="The data set's name, or an .npz file.")
@click.option("-o", "--output", default="build/cifar10.npz", show_default=True, help="File to write.")
def main(data, output):
    """Hold out the last 10,000 training images of CIFAR-10."""
    images, labels = official(data)
    arrays = {"class_names": np.array(CIFAR10.class_names)}
    for split, (start, end) in SPLITS.items():
        arrays |= {f"x_{split}": images[start:end], f"y_{split}": labels[start:end]}
    with replacing(Path(output)) as temporary:
        np.savez(temporary, **arrays)


if __name__ == "__main__":
    run(main)
