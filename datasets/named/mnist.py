"""MNIST (LeCun et al. 1998), handwritten digits."""

from .keras_download import from_keras

DATASET = from_keras(
    "mnist",
    "mnist.npz",
    class_names=tuple("0123456789"),
    image_shape=(28, 28, 1),
    counts={
        "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
        "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    },
)
