from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from edgezoo.train import Recipe
from edgezoo.train.augment import Augmentation
from edgezoo.train.shifting import Shift

ALL = {"flip": "horizontal", "shift": 0.2, "erase": 0.5, "randaugment": 0.5, "mixup": 0.4, "cutmix": 1.0}
NOTHING = dict.fromkeys(ALL, 0) | {"flip": None}


def batch(n=16, channels=3, seed=0):
    """Images of noise, float32 [n, 12, 12, channels], and one-hot targets [n, 4]."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 12, 12, channels)).astype("float32")
    return images, np.eye(4, dtype="float32")[np.arange(n) % 4]


def run(options, images, targets, steps=range(3), threads=1):
    """Augmented batches in a pipeline, as NumPy arrays; the step's number is the seed."""
    augmentation, images = Augmentation(Recipe(**NOTHING | options)), tf.constant(images)

    def augmented(step):
        return augmentation.apply(images, targets, augmentation.draw(tf.stack([7, step]), images))

    data = tf.data.Dataset.from_tensor_slices(list(steps)).map(augmented, num_parallel_calls=threads)
    return list(data.as_numpy_iterator())


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("options", [*({key: value} for key, value in ALL.items()), ALL], ids=lambda o: "+".join(o))
def test_the_result_is_a_function_of_the_seed_alone(options):
    images, targets = batch()
    forwards = run(options, images, targets, steps=[0, 1, 2, 3, 4, 5])
    backwards = run(options, images, targets, steps=[5, 4, 3, 2, 1, 0], threads=4)[::-1]
    assert all(same(a, b) for a, b in zip(forwards, backwards, strict=True))
    assert any(not same(forwards[0], other) for other in forwards[1:])


@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_ranges_and_targets_stay_what_they_are(channels):
    images, targets = batch(channels=channels)
    for pixels, mixed in run(ALL, images, targets):
        assert pixels.shape == images.shape
        assert pixels.dtype == mixed.dtype == np.float32
        assert pixels.min() >= 0 and pixels.max() <= 255
        np.testing.assert_allclose(mixed.sum(axis=1), 1, rtol=1e-5)


def test_without_options_nothing_changes():
    images, targets = batch()
    assert same(run({}, images, targets)[0], (images, targets))


def test_flip_mirrors_about_half_of_the_images():
    images, targets = batch(n=200)
    flipped = run({"flip": "horizontal"}, images, targets)[0][0]
    mirrored = np.array([np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, images, strict=True)])
    untouched = np.array([np.array_equal(a, b) for a, b in zip(flipped, images, strict=True)])
    assert np.all(mirrored ^ untouched)
    assert 60 < mirrored.sum() < 140


def test_shift_moves_whole_pixels_by_no_more_than_asked():
    ramp = np.broadcast_to(np.arange(12, dtype="float32")[None, None, :, None] * 20, (64, 12, 12, 1))
    shifted = run({"shift": 0.25}, ramp, batch(64)[1])[0][0]
    moved = np.abs(shifted - ramp)[:, :, 4:8] / 20  # the middle, where no edge is reflected
    assert np.array_equal(moved, np.round(moved))
    assert 0 < moved.max() <= 3
    assert len({image.tobytes() for image in shifted}) > 3


@pytest.mark.parametrize("most", [0.2, 0.9])
def test_shift_is_that_of_keras_without_a_warp(most):
    images, _ = batch(64)
    images, shift = images[:, :, :9], Shift(most)
    seeds = SimpleNamespace(next=iter([tf.constant([1, 2]), tf.constant([3, 4])]).__next__)
    drawn = shift.draw(seeds, images)
    assert np.abs(drawn).max(axis=0) == pytest.approx(most * np.array([12, 9]), rel=0.1)
    layer = keras.layers.RandomTranslation(most, most, interpolation="nearest", dtype="float32")
    warped = layer.transform_images(images, {"translations": drawn[:, ::-1]})
    assert np.array_equal(shift.apply(tf.constant(images), None, drawn)[0], warped)


def test_resize_gives_each_batch_a_size_within_the_bounds():
    flat = np.full((4, 12, 12, 1), 200, "float32")
    sizes = set()
    for images, _ in run({"resize": 0.5}, flat, batch(4)[1], steps=range(60)):
        assert images.shape[0] == 4 and images.shape[1] == images.shape[2]
        np.testing.assert_allclose(images, 200, rtol=1e-5)
        sizes.add(images.shape[1])
    assert min(sizes) == 8 and max(sizes) == 18
    assert len(sizes) > 7


def test_erase_hits_the_share_of_images_that_it_is_told():
    images, targets = batch(n=400)
    erased = run({"erase": 0.25}, images, targets)[0][0]
    changed = np.any(erased != images, axis=(1, 2, 3)).mean()
    assert 0.15 < changed < 0.35


@pytest.mark.parametrize(("options", "tolerance"), [({"mixup": 0.4}, 1e-2), ({"cutmix": 1.0}, 20)])
def test_mixed_targets_tell_what_is_in_the_image(options, tolerance):
    """Images of class c have the value 60 c everywhere, so the mean pixel must be 60 times the mean class."""
    targets = batch()[1]
    classes = np.arange(4)
    images = np.broadcast_to(60.0 * (targets @ classes)[:, None, None, None], (16, 12, 12, 3)).astype("float32")
    results = run(options, images, targets)
    for pixels, mixed in results:
        np.testing.assert_allclose(pixels.mean(axis=(1, 2, 3)), 60 * (mixed @ classes), atol=tolerance)
    assert any(np.any((mixed > 0.01) & (mixed < 0.99)) for _, mixed in results)


def test_with_both_mixers_each_batch_takes_one():
    images, targets = batch()
    both = run({"mixup": 0.4, "cutmix": 1.0}, images, targets, steps=range(12))
    # CutMix only copies pixels, so all its values are whole numbers; blending noise makes fractions.
    whole = [np.array_equal(pixels, np.round(pixels)) for pixels, _ in both]
    assert 0 < sum(whole) < 12
