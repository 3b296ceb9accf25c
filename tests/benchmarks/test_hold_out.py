"""The split that weights for CIFAR-10 are trained and tested on."""

import dataclasses

import hold_out
import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets import load_dataset


@pytest.fixture
def images(monkeypatch):
    """Fifty images and labels, as if they were all of CIFAR-10's."""
    counts = {"train": (5,) * 10, "test": (1,) * 10}
    images = np.random.default_rng(0).integers(0, 256, (50, 32, 32, 3), dtype="uint8")
    labels = np.arange(50)[:, None] % 10
    fetch = {"train": (images, labels), "test": (images[:10], labels[:10])}
    monkeypatch.setattr(hold_out, "CIFAR10", dataclasses.replace(hold_out.CIFAR10, counts=counts, fetch=lambda: fetch))
    monkeypatch.setattr(hold_out, "SPLITS", {"train": (0, 20), "val": (20, 30), "test": (30, 50)})
    return images, labels


def made(data, folder):
    hold_out.main.main(["--data", str(data), "-o", str(folder / "build" / "cifar10.npz")], standalone_mode=False)
    return load_dataset(folder / "build" / "cifar10.npz")


def test_the_last_training_images_are_for_testing_in_their_order(images, tmp_path):
    pixels, labels = images
    np.savez(tmp_path / "own.npz", x_train=pixels, y_train=labels)
    for data in ("cifar10", tmp_path / "own.npz"):
        dataset = made(data, tmp_path)
        assert dataset.name == "cifar10" and dataset.class_names[3] == "cat"
        for split, rows in (("train", slice(20)), ("validation", slice(20, 30)), ("test", slice(30, 50))):
            part = dataset.splits[split]
            np.testing.assert_array_equal(part.read(range(len(part))), pixels[rows])
            np.testing.assert_array_equal(part.labels, labels[rows, 0])


@pytest.mark.parametrize("broken", ["other", "fewer", "no_archive"])
def test_other_images_are_refused(images, tmp_path, broken):
    pixels, labels = images
    path = tmp_path / "own.npz"
    arrays = {"other": {"x": pixels, "y": labels}, "fewer": {"x_train": pixels[1:], "y_train": labels[1:]}}
    if broken in arrays:
        np.savez(path, **arrays[broken])
    else:
        path.write_bytes(b"PK")
    with pytest.raises(EdgezooError, match=r"own\.npz (is no .npz file with|does not have CIFAR-10's)"):
        made(path, tmp_path)
