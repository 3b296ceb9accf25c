"""A small image problem and small networks for it."""

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.datasets import load_dataset

from ..rendered import shapes


@pytest.fixture(scope="session")
def data_file(tmp_path_factory):
    """400 training and 100 test images of four classes, 16×16×3, as an ``.npz``."""
    path = tmp_path_factory.mktemp("data") / "shapes.npz"
    images, labels = shapes(500, side=16, channels=3)
    np.savez(path, x_train=images[:400], y_train=labels[:400], x_test=images[400:], y_test=labels[400:])
    return path


@pytest.fixture(scope="session")
def dataset(data_file):
    return load_dataset(data_file)


@pytest.fixture(scope="session")
def make_model():
    """A function that builds a small network with dropout and batch normalization, the same weights every time."""

    def make(activation="softmax", classes=4, shape=(16, 16, 3), **kwargs):
        keras.utils.set_random_seed(1)
        inputs = keras.Input(shape)
        x = layers.Rescaling(1 / 255)(inputs)
        x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
        x = layers.Flatten()(x)
        x = layers.Dropout(0.2)(x)
        return keras.Model(inputs, layers.Dense(classes, activation=activation)(x), **kwargs)

    return make
