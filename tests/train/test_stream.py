import numpy as np
import pytest
import tensorflow as tf

from edgezoo.datasets.dataset import Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.train import Recipe
from edgezoo.train.augment import Augmentation
from edgezoo.train.stream import (
    batch_size_for,
    plain_images,
    steps_per_epoch,
    targets_of,
    training_batches,
    training_chunks,
)

PLAIN = {"shift": 0, "label_smoothing": 0}


def numbered(n):
    """A split whose image i is filled with the value i; class i mod 3."""
    images = np.broadcast_to(np.arange(n, dtype="uint8")[:, None, None, None], (n, 4, 4, 1))
    return Split(ArraySource(np.ascontiguousarray(images)), np.arange(n) % 3)


def epochs_of(split, recipe, **options):
    """Image numbers by epoch, [epochs, steps · batch]."""
    batches = [images[:, 0, 0, 0] for images, _ in training_batches(split, 3, recipe, **options).as_numpy_iterator()]
    return np.concatenate(batches).reshape(-1, steps_per_epoch(split, recipe) * len(batches[0])).astype(int)


@pytest.mark.parametrize(("n", "batch_size"), [(20, 4), (22, 4), (3, 8), (5, 5)])
def test_an_epoch_shows_no_image_twice(n, batch_size):
    recipe = Recipe(epochs=4, batch_size=batch_size, **PLAIN)
    epochs = epochs_of(numbered(n), recipe)
    assert epochs.shape == (4, n // min(n, batch_size) * min(n, batch_size))
    assert all(len(set(epoch)) == len(epoch) for epoch in epochs.tolist())


@pytest.mark.parametrize(
    ("n", "expected"), [(3, 3), (17, 16), (639, 16), (640, 32), (1280, 64), (2559, 64), (2560, 128), (60_000, 128)]
)
def test_a_batch_size_that_is_not_given_makes_twenty_steps_of_few_images(n, expected):
    assert batch_size_for(range(n), Recipe()) == expected
    assert batch_size_for(range(n), Recipe(batch_size=100)) == min(n, 100)


def test_order_depends_on_epoch_and_seed():
    orders = [epochs_of(numbered(40), Recipe(epochs=3, batch_size=8, seed=seed, **PLAIN)) for seed in (0, 0, 1)]
    assert np.array_equal(orders[0], orders[1])
    distinct = {tuple(epoch) for order in (orders[0], orders[2]) for epoch in order.tolist()}
    assert len(distinct) == 6


def test_the_images_left_over_are_others_in_every_epoch():
    epochs = epochs_of(numbered(10), Recipe(epochs=30, batch_size=8, **PLAIN))
    assert set(np.unique(epochs)) == set(range(10))


def test_labels_go_with_their_images_and_are_smoothed():
    recipe = Recipe(epochs=1, batch_size=5, shift=0, label_smoothing=0.3)
    for images, targets in training_batches(numbered(20), 3, recipe).as_numpy_iterator():
        expected = np.eye(3)[images[:, 0, 0, 0].astype(int) % 3] * 0.7 + 0.1
        np.testing.assert_allclose(targets, expected, rtol=1e-6)
        assert images.dtype == targets.dtype == np.float32


def test_a_later_epoch_is_the_same_to_the_bit_without_the_earlier_ones(dataset):
    options = {"flip": "horizontal", "shift": 0.1, "erase": 0.5, "randaugment": 0.4, "mixup": 0.2, "cutmix": 1.0}
    recipe = Recipe(epochs=3, batch_size=64, **options)
    whole = list(training_batches(dataset.train, 4, recipe).as_numpy_iterator())
    tail = list(training_batches(dataset.train, 4, recipe, first_epoch=2).as_numpy_iterator())
    assert len(tail) == steps_per_epoch(dataset.train, recipe) == len(whole) // 3
    for (images, targets), (later_images, later_targets) in zip(whole[-len(tail) :], tail, strict=True):
        assert np.array_equal(images, later_images)
        assert np.array_equal(targets, later_targets)


def test_sampled_epochs_are_as_long_as_ever_and_show_all_classes_alike():
    split = numbered(40).subset([*range(0, 40, 3), 1, 4, 2])  # 14 images of the first class, two and one of the others
    recipe = Recipe(epochs=4, batch_size=4, sampling="balanced", **PLAIN)
    epochs = epochs_of(split, recipe)
    assert epochs.shape == (4, 16)
    assert all(sorted(np.bincount(epoch % 3)) == [5, 5, 6] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs.tolist()}) == 4
    assert np.array_equal(epochs[2:], epochs_of(split, recipe, first_epoch=2))


def test_no_pipeline_is_tuned_since_dropping_it_may_wait_for_the_tuner():
    split, recipe = numbered(20), Recipe(epochs=2)
    for pipeline in (training_batches(split, 3, recipe), training_chunks(split, recipe, 1), plain_images(split)):
        assert pipeline.options().autotune.enabled is False


def test_plain_images_are_all_images_in_order():
    images = np.concatenate(list(plain_images(numbered(9), batch_size=4).as_numpy_iterator()))
    assert images[:, 0, 0, 0].tolist() == list(range(9))
    assert images.dtype == np.float32


@pytest.mark.parametrize("options", [{}, {"sampling": "balanced"}])
def test_chunks_say_what_batches_show(dataset, options):
    recipe = Recipe(epochs=2, batch_size=50, flip="horizontal", crop=0.5, erase=0.5, mixup=0.2, cutmix=1.0, **options)
    images, augmentation = dataset.train.read(np.arange(len(dataset.train))).astype("float32"), Augmentation(recipe)
    shown = training_batches(dataset.train, 4, recipe, first_epoch=1).as_numpy_iterator()
    chunks = list(training_chunks(dataset.train, recipe, 4, first_epoch=1))
    assert [int(count) for count, *_ in chunks] == [4, 3]
    for count, order, drawn in chunks:
        assert order.shape == (4, 50)
        for step in range(count):
            indices, own = tf.nest.map_structure(lambda each, step=step: each[step], (order, drawn))
            targets = targets_of(dataset.train.labels[indices], 4, recipe)
            made = augmentation.apply(tf.constant(images[indices]), targets, own)
            for ours, theirs in zip(made, next(shown), strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-4)
    assert next(shown, None) is None
