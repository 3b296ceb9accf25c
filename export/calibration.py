"""Images that the ranges of activations are read from."""

import dataclasses

import numpy as np

from ..common.errors import EdgezooError
from ..common.fit import SQUASHED, Fit
from ..common.images import resized
from ..common.text import dimensions


@dataclasses.dataclass(frozen=True, eq=False)
class Calibration:
    """Training images, and the record of which they are.

    Attributes:
        images: uint8 [n, H, W, C], raw pixels.
        record: JSON-able dict that goes into the manifest.
        class_names: of the data set they come from; empty if unknown.
        labels: integers [n], the class of each; ``None`` if unknown.
        fit: ``Fit``, how they got their size.

    Raises:
        EdgezooError: ``images`` has another type or shape, or is empty.
    """

    images: np.ndarray
    record: dict
    class_names: tuple[str, ...] = ()
    labels: np.ndarray | None = None
    fit: Fit = SQUASHED

    def __post_init__(self):
        images = self.images
        if images.dtype != np.uint8 or images.ndim != 4 or not images.size:
            raise EdgezooError(
                "calibration images must be raw pixels, uint8 [n, H, W, C], at least one. "
                f"Received: {images.dtype} {list(images.shape)}"
            )

    @classmethod
    def draw(cls, dataset, n=200, seed=0):
        """Draws ``n`` different images, or all if there are fewer, from the training split and from nowhere else.

        They are a random sample with at least one image of each class, or, of more than ``n`` classes, one of ``n``:
        activations that only a rare class has would else be outside the ranges.

        Args:
            dataset: ``edgezoo.datasets.Dataset``, or anything with its ``name``, ``class_names``, ``train`` and
                ``source``.
            n: number of images. Ranges settle after one or two hundred.
            seed: of the choice; recorded with the indices.
        """
        if n < 1:
            raise EdgezooError(f"calibration needs at least one image. Received: n={n}")
        order = np.random.default_rng(seed).permutation(len(dataset.train))
        _, first = np.unique(dataset.train.labels[order], return_index=True)
        indices = np.sort(np.concatenate([order[np.sort(first)], np.delete(order, first)])[:n])
        record = {
            "dataset": dataset.name,
            "split": "train",
            "source": dataset.source,
            "seed": seed,
            "indices": indices.tolist(),
        }
        labels = dataset.train.labels[indices]
        return cls(dataset.train.read(indices), record, tuple(dataset.class_names), labels, dataset.train.fit)

    def fitted(self, shape, resize):
        """The images as a model takes them.

        Args:
            shape: (H, W, C) of the model's input.
            resize: whether images of another size are resized (bilinear, antialiased), which is recorded; the number
                of channels is never changed.

        Raises:
            EdgezooError: they do not fit.
        """
        height, width, channels = shape
        have = self.images.shape[1:]
        if have == (height, width, channels):
            return self
        if have[2] != channels or not resize:
            raise EdgezooError(
                f"the calibration images are {dimensions(have)}, but the model takes {dimensions(shape)}; "
                "give --data of that size and number of channels, the kind that the model was trained on."
            )
        record = {**self.record, "resized_to": [height, width]}
        return dataclasses.replace(self, images=resized(self.images, (height, width), self.fit), record=record)
