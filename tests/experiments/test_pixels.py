"""Permuted and shifted images, held against pixels moved one by one."""

import numpy as np
import pytest

from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.experiments.pixels import DIRECTIONS, permutation, permuted, permuted_dataset, shifted

SHAPE = (5, 7, 3)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (4, *SHAPE)).astype(np.uint8)


def test_a_permutation_has_every_pixel_once():
    order = permutation(SHAPE, 3)
    assert sorted(order) == list(range(35))
    assert not np.array_equal(order, np.arange(35))
    assert np.array_equal(order, permutation(SHAPE, 3))
    assert not np.array_equal(order, permutation(SHAPE, 4))


def test_permuted_moves_whole_pixels(images):
    order = permutation(SHAPE, 0)
    result = permuted(images, order)
    assert result.dtype == np.uint8 and result.shape == images.shape
    for place, source in enumerate(order):
        assert np.array_equal(result[:, place // 7, place % 7], images[:, source // 7, source % 7])


def test_a_permutation_can_be_undone(images):
    order = permutation(SHAPE, 0)
    assert np.array_equal(permuted(permuted(images, order), np.argsort(order)), images)


def test_all_splits_are_permuted_alike(dataset):
    changed = permuted_dataset(dataset, 5)
    order = permutation(dataset.input_shape, 5)
    for part, split in dataset.splits.items():
        indices = [7, 0, len(split) - 1]
        before, after = split.read(indices), changed.splits[part].read(indices)
        for image, other in zip(before, after, strict=True):
            assert [other.flat[k] for k in range(256)] == [image.flat[source] for source in order]
        assert np.array_equal(changed.splits[part].labels, split.labels)
    assert changed.source == {**dataset.source, "permuted_with_seed": 5}


def test_a_permuted_split_trains_and_evaluates_with_the_same_pixels(dataset):
    """What ``fit`` streams is what ``evaluate_files`` reads."""
    split = permuted_dataset(dataset, 0).train
    (streamed, _), *_ = split.pipeline(np.arange(6), 6).as_numpy_iterator()
    assert np.array_equal(streamed, split.at(dataset.input_shape).read(np.arange(6)))


def test_colours_stay_together(images):
    split = Split(ArraySource(images), [0, 1, 0, 1])
    changed = permuted_dataset(Dataset("colours", ("a", "b"), SHAPE, split, split, split, {}), 0)
    for image, other in zip(images, changed.test.read(np.arange(4)), strict=True):
        assert sorted(map(tuple, other.reshape(-1, 3))) == sorted(map(tuple, image.reshape(-1, 3)))


@pytest.mark.parametrize("down", [-2, 0, 1])
@pytest.mark.parametrize("right", [-1, 0, 4])
def test_shifted_pixels(images, down, right):
    result = shifted(images, down, right)
    assert result.dtype == np.uint8 and result.shape == images.shape
    for row in range(5):
        for column in range(7):
            source = min(max(row - down, 0), 4), min(max(column - right, 0), 6)  # the rim is repeated
            assert np.array_equal(result[:, row, column], images[:, source[0], source[1]])


def test_directions_are_the_eight_neighbours():
    assert len(set(DIRECTIONS)) == 8
    assert {max(abs(down), abs(right)) for down, right in DIRECTIONS} == {1}
    assert np.sum(DIRECTIONS, axis=0).tolist() == [0, 0]
