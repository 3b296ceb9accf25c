import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edgezoo.datasets.fingerprints import difference_hash, fingerprint


@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 2, 3, 4]), st.data())
def test_one_changed_pixel_is_another_image(height, width, channels, data):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)
    changed = pixels.copy()
    changed.flat[data.draw(st.integers(0, pixels.size - 1))] ^= data.draw(st.integers(1, 255))
    assert fingerprint(pixels) == fingerprint(pixels.copy()) != fingerprint(changed)


def test_the_shape_counts():
    pixels = np.zeros((4, 6, 1), np.uint8)
    assert fingerprint(pixels) != fingerprint(pixels.reshape(6, 4, 1))


def test_gray_is_gray_however_it_is_stored():
    gray = np.random.default_rng(0).integers(0, 256, (5, 4), np.uint8)
    rgb = np.repeat(gray[..., None], 3, axis=2)
    assert fingerprint(gray) == fingerprint(gray[..., None]) == fingerprint(rgb)
    rgb[4, 3, 1] ^= 1
    assert fingerprint(rgb) != fingerprint(gray)


def miniature(image):
    return np.asarray(image.convert("L").resize((9, 9), Image.Resampling.BILINEAR))[None]


def different_bits(one, other):
    """By Python's integers."""
    pairs = zip(difference_hash(one)[0].tolist(), difference_hash(other)[0].tolist(), strict=True)
    return sum((a ^ b).bit_count() for a, b in pairs)


@pytest.fixture(scope="module")
def scene():
    """A smooth picture with a texture, as photographs are."""
    rows, columns = np.mgrid[:120, :160]
    layers = [127 + 90 * np.sin(rows / (9 + 7 * c)) * np.cos(columns / (13 + 5 * c)) for c in range(3)]
    noise = np.random.default_rng(0).normal(0, 8, (120, 160, 3))
    return Image.fromarray(np.clip(np.stack(layers, axis=-1) + noise, 0, 255).astype("uint8"))


def test_what_changes_a_picture_little_changes_few_bits(scene, tmp_path):
    scene.save(tmp_path / "x.jpg", quality=40)
    for changed in (
        Image.open(tmp_path / "x.jpg"),
        scene.resize((80, 60)),
        scene.resize((321, 239), Image.Resampling.BICUBIC),
        scene.point(lambda value: min(255, value + 12)),
    ):
        assert different_bits(miniature(scene), miniature(changed)) <= 10


def test_another_picture_changes_many(scene):
    other = Image.fromarray(np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8))
    assert different_bits(miniature(scene), miniature(other)) > 40
    assert different_bits(miniature(scene), miniature(scene.transpose(Image.Transpose.FLIP_LEFT_RIGHT))) > 40
