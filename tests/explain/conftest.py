"""One small network that was trained to read digits on a larger canvas, and its files."""

from typing import NamedTuple

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from edgezoo.export import Calibration, export_model
from edgezoo.zoo import GlobalPoolCNN

SIDE, DIGIT = 48, 16


class Pasted(NamedTuple):
    """Digits of 16 pixels somewhere on faintly noisy canvases of 48.

    Attributes:
        images: uint8 [n, 48, 48, 1].
        labels: int64 [n].
        corners: int64 [n, 2], row and column of each digit's upper left corner.
    """

    images: np.ndarray
    labels: np.ndarray
    corners: np.ndarray

    #: Share of the canvas that a digit's box takes: what a map without any idea of where it is would have in there.
    chance = DIGIT**2 / SIDE**2

    def share_inside(self, number, heat):
        """Share of the positive part of a heat map [48, 48] that lies in the digit's box."""
        heat = np.maximum(heat, 0)
        top, left = self.corners[number]
        return heat[top : top + DIGIT, left : left + DIGIT].sum() / heat.sum()


def paste(n, seed, which):
    """``n`` of the digits numbered ``which`` on canvases."""
    digits, random = load_digits(), np.random.default_rng(seed)
    small = (digits.images * 15.9).astype(np.uint8).repeat(2, axis=1).repeat(2, axis=2)
    canvases = random.integers(0, 30, (n, SIDE, SIDE, 1)).astype(np.uint8)
    chosen = random.choice(which, n)
    corners = random.integers(0, SIDE - DIGIT + 1, (n, 2))
    for canvas, digit, (top, left) in zip(canvases, small[chosen], corners, strict=True):
        place = canvas[top : top + DIGIT, left : left + DIGIT, 0]
        np.maximum(place, digit, out=place)
    return Pasted(canvases, digits.target[chosen], corners)


@pytest.fixture(scope="session")
def pasted():
    """Twelve canvases that the network has not seen."""
    return paste(12, 1, np.arange(1500, 1797))


@pytest.fixture(scope="session")
def reader():
    """The trained network, at any image size."""
    keras.utils.set_random_seed(0)
    model = GlobalPoolCNN((None, None, 1), filters=(8, 16, 32), blocks=1, downsampling="max", name="reader")
    training = paste(4000, 0, np.arange(1500))
    model.compile(keras.optimizers.AdamW(3e-3), "sparse_categorical_crossentropy")
    model.fit(training.images, training.labels, epochs=6, batch_size=64, verbose=0)
    return model


@pytest.fixture(scope="session")
def files(reader, pasted, tmp_path_factory):
    """``{"keras", "float32", "int8"}`` → path, for 48 pixels; and ``"picture"``."""
    folder = tmp_path_factory.mktemp("explained")
    fixed = GlobalPoolCNN((SIDE, SIDE, 1), filters=(8, 16, 32), blocks=1, downsampling="max", name="reader")
    fixed.set_weights(reader.get_weights())
    fixed.save(folder / "reader.keras")
    calibration = Calibration(paste(64, 2, np.arange(1500)).images, {"seed": 2})
    exported = export_model(folder / "reader.keras", folder / "out", ("float32", "int8"), calibration=calibration)
    from PIL import Image

    Image.fromarray(pasted.images[0, ..., 0]).save(folder / "digit.png")
    paths = dict(zip(("float32", "int8"), exported, strict=True))
    return {"keras": folder / "reader.keras", "picture": folder / "digit.png", **paths}
