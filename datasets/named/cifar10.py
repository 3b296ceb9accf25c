"""CIFAR-10 (Krizhevsky 2009), small colour photographs of ten kinds."""

from .keras_download import from_keras

DATASET = from_keras(
    "cifar10",
    "cifar-10-batches-py-target",
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    image_shape=(32, 32, 3),
    counts={"train": (5000,) * 10, "test": (1000,) * 10},
)
