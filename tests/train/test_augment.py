from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance

from edgezoo.train import Recipe
from edgezoo.train.augment import Augmentation
from edgezoo.train.cropping import Crop
from edgezoo.train.jitter import Jitter
from edgezoo.train.shifting import Shift

ALL = {
    "crop": 0.5,
    "jitter": 0.2,
    "flip": "horizontal",
    "shift": 0.2,
    "erase": 0.5,
    "randaugment": 0.5,
    "mixup": 0.4,
    "cutmix": 1.0,
}
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


def test_crops_show_parts_at_the_size_of_the_image():
    """Ramps keep their straight lines: what is seen of them tells the box, which must lie inside."""
    ramps = np.stack(np.meshgrid(np.arange(12.0), np.arange(12.0), indexing="ij"), -1)
    images = np.broadcast_to(ramps, (300, 12, 12, 2)).astype("float32")
    cropped = run({"crop": 0.5}, images, batch(300)[1])[0][0]
    rows, columns = cropped[:, :, 0, 0], cropped[:, 0, :, 1]
    np.testing.assert_allclose(cropped[..., 0], np.repeat(rows[:, :, None], 12, 2), atol=1e-4)
    np.testing.assert_allclose(cropped[..., 1], np.repeat(columns[:, None], 12, 1), atol=1e-4)
    height, width = (each[:, 6] - each[:, 5] for each in (rows, columns))  # pixels a pixel: the share of the side
    area, aspect = height * width, width / height
    assert 0.5 * 0.99 <= area.min() < 0.55 and 0.95 < area.max() <= 1
    assert 3 / 4 * 0.99 <= aspect.min() < 0.8 and 1.25 < aspect.max() <= 4 / 3 * 1.01
    assert images.min() <= cropped.min() and cropped.max() <= images.max()
    assert rows[:, 0].min() < 0.2 and rows[:, -1].max() > 10.8  # parts at every edge


def test_a_crop_is_what_another_library_makes_of_the_box():
    images = batch(n=4, channels=3)[0]
    boxes = np.array([[0, 0, 1, 1], [0, 0.25, 0.5, 0.75], [0.5, 0, 0.5, 1], [0.125, 0.25, 0.75, 0.5]], "float32")
    for image, box, ours in zip(images, boxes, Crop(0.5).apply(images, None, boxes)[0].numpy(), strict=True):
        top, left, height, width = (12 * box).tolist()
        for channel in range(3):
            whole = Image.fromarray(image[..., channel])
            part = whole.transform((12, 12), Image.Transform.EXTENT, (left, top, left + width, top + height), 2)
            # Pillow leaves black what needs pixels beyond the edge of the image.
            np.testing.assert_allclose(ours[2:-2, 2:-2, channel], np.array(part)[2:-2, 2:-2], atol=0.1)


@pytest.mark.parametrize("crop", [0, 1])
def test_whole_images_are_not_cropped(crop):
    images, targets = batch()
    assert same(run({"crop": crop}, images, targets)[0], (images, targets))


def test_jitter_is_brightness_contrast_and_saturation():
    """One factor at a time, against Pillow's, which rounds to whole numbers."""
    images = batch(n=6)[0] / 2 + 60
    for position, enhance in enumerate((ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)):
        factors = np.ones((6, 3), "float32")
        factors[:, position] = [0, 0.5, 0.8, 1, 1.2, 1.5]
        ours = Jitter(0.5).apply(tf.constant(images, tf.float32), None, tf.constant(factors))[0].numpy()
        for image, factor, pixels in zip(images, factors[:, position], ours, strict=True):
            expected = enhance(Image.fromarray(image.astype("uint8"))).enhance(factor)
            np.testing.assert_allclose(pixels, np.array(expected), atol=2.5)


@pytest.mark.parametrize("channels", [1, 3])
def test_each_image_is_jittered_by_a_factor_of_its_own(channels):
    flat = np.full((200, 4, 4, channels), 100, "float32")  # of one gray, only the brightness can change
    pixels = run({"jitter": 0.2}, flat, batch(200)[1])[0][0]
    assert np.ptp(pixels, axis=(1, 2, 3)).max() < 1e-3
    assert 80 <= pixels.min() < 83 and 117 < pixels.max() <= 120
    assert len(np.unique(pixels[:, 0, 0, 0])) > 150


def test_crop_and_jitter_can_be_compiled():
    images, targets = (tf.constant(each) for each in batch(n=8))
    augmentation = Augmentation(Recipe(**NOTHING | {"crop": 0.3, "jitter": 0.5}))
    drawn = augmentation.draw([1, 2], images)
    compiled, _ = tf.function(augmentation.apply, jit_compile=True)(images, targets, drawn)
    np.testing.assert_allclose(compiled, augmentation.apply(images, targets, drawn)[0], atol=1e-3)
