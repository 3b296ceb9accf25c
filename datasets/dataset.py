"""What every data set is, wherever it came from."""

import collections
import dataclasses
import itertools
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..common.errors import EdgezooError
from ..common.progress import note
from ..common.quiet import import_tensorflow
from ..common.text import dimensions, is_text_line
from .images import can_convert
from .splitting import by_content

#: Share of each class that becomes the test split where none is given.
TEST_FRACTION = 0.2
#: Classes with too few images that are named.
_NAMED = 5
#: Batches decoded ahead of the one in use.
_AHEAD = 2


class Split:
    """Labelled images in a fixed order, some or all of a source.

    Args:
        images: a source of images (``sources.py``).
        labels: integers [n], the class of every image.
        rows: integers [n], where in the source each image is; all in order by default.

    Attributes:
        labels: int64 [n].
    """

    def __init__(self, images, labels, rows=None):
        self.labels = np.asarray(labels, np.int64)
        self._images = images
        self._rows = np.arange(len(self.labels)) if rows is None else np.asarray(rows, np.int64)

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"Split({len(self)} images of {dimensions(self.shape)})"

    @property
    def shape(self):
        """(H, W, C) of every image."""
        return self._images.shape

    @property
    def fit(self):
        """The ``Fit`` by which images get that height and width."""
        return self._images.fit

    @property
    def digests(self):
        """uint64 [n], the ``fingerprints.fingerprint`` of each image as stored, whatever shape it is read in."""
        return self._images.digests(self._rows)

    def name(self, index):
        """What an image is called where it comes from, on one line: ``"daisy/1.jpg"``, ``"x_test[7]"``."""
        return self._images.name(self._rows[index])

    def read(self, indices):
        """uint8 [k, H, W, C] for integers [k] within the split, in any order."""
        return self._images.read(self._rows[np.asarray(indices, np.int64)])

    def subset(self, indices):
        """The ``Split`` of the images at ``indices``, in that order. Nothing is read or copied."""
        indices = np.asarray(indices, np.int64)
        return Split(self._images, self.labels[indices], self._rows[indices])

    def take(self, n):
        """The ``Split`` of ``n`` images, or of all if there are fewer.

        They are a fixed random sample, since the first ``n`` of a folder would all be of one class. They keep their
        order, and a smaller sample is part of a larger one.
        """
        return self.subset(self.sample(n))

    def sample(self, n):
        """int64 [min(n, len(self))], ascending: which images ``take(n)`` takes."""
        return np.sort(np.random.default_rng(0).permutation(len(self))[:n])

    def at(self, shape, fit=None):
        """The same ``Split`` with images of another shape, made from the originals; nothing is read yet.

        Args:
            shape: (H, W, C); C may differ only between gray and RGB.
            fit: ``Fit``, how they get that height and width; as it is by default.

        Raises:
            EdgezooError: there is no such conversion.
        """
        have, want = self.shape[2], shape[2]
        if have != want and not can_convert(have, want):
            raise EdgezooError(f"images with {have} channels cannot be made into ones with {want}.")
        return Split(self._images.at(shape, fit), self.labels, self._rows)

    def batches(self, batch_size):
        """Yields (uint8 [b, H, W, C], int64 [b]) over the whole split in order; the last batch may be smaller.

        The next batches are read while the caller works on the last one. No TensorFlow.
        """
        pending = collections.deque()
        with ThreadPoolExecutor(1) as pool:
            for start in range(0, len(self), batch_size):
                batch = slice(start, start + batch_size)
                pending.append((pool.submit(self._images.read, self._rows[batch]), self.labels[batch]))
                if len(pending) > _AHEAD:
                    images, labels = pending.popleft()
                    yield images.result(), labels
            for images, labels in pending:
                yield images.result(), labels

    def pipeline(self, order, batch_size=None):
        """A ``tf.data.Dataset`` that streams images in a given order; the same order gives the same batches.

        Args:
            order: integers [k] within the split, or a ``tf.data.Dataset`` of such batches (for an order that goes on
                for ever, or that is drawn anew each epoch).
            batch_size: images a batch where ``order`` is an array; the last batch may be smaller.

        Returns:
            ``tf.data.Dataset`` of (uint8 [None, H, W, C], int64 [None]), read ahead in parallel. A file that cannot be
            read any more ends the iteration with a ``tf.errors.UnknownError`` that names it.
        """
        tensorflow = import_tensorflow()
        if not isinstance(order, tensorflow.data.Dataset):
            order = tensorflow.data.Dataset.from_tensor_slices(np.asarray(order, np.int64)).batch(batch_size)
        read, shape = self._images.tensor_reader(), self.shape
        with tensorflow.device("CPU"):
            rows, labels = tensorflow.constant(self._rows), tensorflow.constant(self.labels)

        def look_up(indices):
            images = read(tensorflow.gather(rows, indices))
            return tensorflow.ensure_shape(images, (indices.shape[0], *shape)), tensorflow.gather(labels, indices)

        return untuned(order.map(look_up, num_parallel_calls=_AHEAD, deterministic=True).prefetch(_AHEAD))


def untuned(pipeline):
    """A ``tf.data.Dataset`` that keeps the parallelism it begins with, as do those that are made of it.

    TensorFlow's tuner looks at a pipeline after 10 ms, 20, 40 and so on up to a minute. Now and then it misses that the
    iterator is dropped, and whoever drops it waits until the next look: after an epoch of 40 seconds for as many more.
    """
    options = import_tensorflow().data.Options()
    options.autotune.enabled = False
    return pipeline.with_options(options)


@dataclasses.dataclass(frozen=True)
class Dataset:
    """An image-classification problem.

    Attributes:
        name: for titles and records.
        class_names: one a class, in the order of the labels.
        input_shape: (H, W, C) of every image.
        train, validation, test: ``Split``; where edgezoo made them, no image is in two.
        source: JSON-able record: ``kind``, ``path``, ``sha256`` of what was read, ``sizes`` of the images before they
            were resized, and the ``seed``, the ``validation_fraction`` and the names of the parts ``split_from_train``.
    """

    name: str
    class_names: tuple[str, ...]
    input_shape: tuple[int, int, int]
    train: Split
    validation: Split
    test: Split
    source: dict

    @property
    def splits(self):
        """Name to ``Split``, in the order of their use."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    @property
    def fit(self):
        """The ``Fit`` by which images get their height and width."""
        return self.train.fit

    def fitted(self, fit):
        """The same ``Dataset`` with images that get their height and width by another ``Fit``."""
        return dataclasses.replace(
            self, **{part: split.at(self.input_shape, fit) for part, split in self.splits.items()}
        )


def assemble(name, class_names, input_shape, parts, source, *, seed, validation_fraction, drawing=by_content):
    """Checks what a reader found and splits off from the training images what is missing.

    Args:
        name, class_names, input_shape, source: as in ``Dataset``.
        parts: name of the split to ``Split``; ``"train"`` must be there, ``"validation"`` and ``"test"`` may.
        seed: of the random choice; the same seed gives the same splits.
        validation_fraction: share of each class's training images that becomes the validation split, at least one
            two images, or one where a class has too few, which a note tells. A missing test split takes
            ``TEST_FRACTION`` in the same way before.
        drawing: how these are chosen, a function of ``splitting.py``.

    Returns:
        ``Dataset``.

    Raises:
        EdgezooError: fewer than two classes, a class without enough training images, an empty split, unusable names.
    """
    if not 0 < validation_fraction < 1:
        raise EdgezooError(f"the validation fraction must lie between 0 and 1. Received: {validation_fraction}")
    class_names = _checked_names(name, class_names)
    missing = {"test": TEST_FRACTION, "validation": validation_fraction}
    missing = {part: fraction for part, fraction in missing.items() if part not in parts}

    counts = np.bincount(parts["train"].labels, minlength=len(class_names))
    for class_name, count in zip(class_names, counts, strict=True):
        if count <= len(missing):
            splits = " and ".join(("training", *missing))
            raise EdgezooError(
                f"{name}: class {class_name!r} has {count} images to train on; "
                f"it needs at least {len(missing) + 1} ({splits}); add images or remove the class."
            )
    for part, split in parts.items():
        if not len(split):
            raise EdgezooError(f"{name}: there are no {part} images.")

    draw, parts = drawing(seed), dict(parts)
    for left, (part, fraction) in zip(range(len(missing), 0, -1), missing.items(), strict=True):
        train = parts["train"]
        drawn = draw(train, part, fraction, left)
        parts["train"], parts[part] = train.subset(np.flatnonzero(~drawn)), train.subset(np.flatnonzero(drawn))
    _tell_scarce(name, class_names, {part: parts[part] for part in ("train", *missing)} if missing else {})
    record = {"seed": seed, "validation_fraction": validation_fraction, "split_from_train": sorted(missing)}
    return Dataset(name, class_names, tuple(input_shape), source=source | record, **parts)


def _tell_scarce(name, class_names, parts):
    """Says which classes have fewer than two images in some split of those that were made here, and why."""
    counts = [np.bincount(split.labels, minlength=len(class_names)) for split in parts.values()]
    scarce = np.flatnonzero(np.min(counts, axis=0) < 2) if parts else ()
    if not len(scarce):
        return
    different = [len({*itertools.chain(*(each.digests[each.labels == k] for each in parts.values()))}) for k in scarce]
    listed = [f"{class_names[k]!r} ({count})" for k, count in zip(scarce[:_NAMED], different, strict=False)]
    listed += [f"{len(scarce) - _NAMED} more"] * (len(scarce) > _NAMED)
    note(
        f"{name}: not every class has two images in each of {', '.join(parts)}, which takes {2 * len(parts)} different "
        f"ones; these have fewer: {', '.join(listed)}"
    )


def _checked_names(name, class_names):
    """The names as a tuple of composed (NFC) unicode; each must make one line of a labels.txt."""
    names = tuple(unicodedata.normalize("NFC", class_name) for class_name in class_names)
    if len(names) < 2:
        raise EdgezooError(f"{name}: classification needs at least 2 classes; found {len(names)}.")
    for class_name in names:
        if not is_text_line(class_name):
            raise EdgezooError(f"{name}: {class_name!a} cannot be a class name; it must be text on one line.")
    twice = [class_name for class_name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise EdgezooError(f"{name}: two classes are both named {twice[0]!r}; rename one.")
    return names
