import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from edgezoo.zoo import BlurPooling2D, FakeQuantize, MinPooling2D

POOLING = [MinPooling2D, BlurPooling2D]


def same_padding(height, width, size, stride):
    """What ``padding="same"`` adds to a batch of images, as ``np.pad`` takes it."""
    missing = [max((-(-side // stride) - 1) * stride + size - side, 0) for side in (height, width)]
    return [(0, 0), *[(m // 2, m - m // 2) for m in missing], (0, 0)]


def numpy_min_pool(images, size, stride, padding):
    """Minimum of each window, straight from the definition; padding never wins, so it is +inf."""
    batch, height, width, channels = images.shape
    if padding == "same":
        rows, columns = -(-height // stride), -(-width // stride)
        images = np.pad(images, same_padding(height, width, size, stride), constant_values=np.inf)
    else:
        rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
    out = np.empty((batch, rows, columns, channels), images.dtype)
    for row in range(rows):
        for column in range(columns):
            window = images[:, row * stride : row * stride + size, column * stride : column * stride + size]
            out[:, row, column] = window.min(axis=(1, 2))
    return out


@settings(deadline=None, max_examples=40)
@given(
    side=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    size=st.integers(1, 4),
    stride=st.integers(1, 4),
    padding=st.sampled_from(["same", "valid"]),
    seed=st.integers(0, 2**31),
)
def test_min_pooling_equals_the_definition(side, size, stride, padding, seed):
    if padding == "valid" and min(side) < size:
        return
    images = np.random.default_rng(seed).normal(size=(2, *side, 3)).astype("float32")
    layer = MinPooling2D(size, stride, padding)
    pooled = np.asarray(layer(images))
    np.testing.assert_array_equal(pooled, numpy_min_pool(images, size, stride, padding))
    assert layer.compute_output_shape(images.shape) == pooled.shape


@settings(deadline=None, max_examples=30)
@given(
    side=st.tuples(st.integers(4, 9), st.integers(4, 9)),
    size=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid"]),
    seed=st.integers(0, 2**31),
)
def test_blur_pooling_is_scipys_correlation_with_binomial_weights(side, size, stride, padding, seed):
    images = np.random.default_rng(seed).normal(size=(2, *side, 3)).astype("float32")
    weights = np.poly1d([1, 1]) ** (size - 1)
    kernel = np.outer(weights.coeffs, weights.coeffs) / 4 ** (size - 1)
    layer = BlurPooling2D(size, stride, padding)
    pooled = np.asarray(layer(images))
    if padding == "same":
        images = np.pad(images, same_padding(*side, size, stride))
    expected = scipy.signal.correlate(images, kernel[None, :, :, None], mode="valid")[:, ::stride, ::stride]
    np.testing.assert_allclose(pooled, expected, atol=1e-5)
    assert layer.compute_output_shape((2, *side, 3)) == pooled.shape


@pytest.mark.parametrize("layer", POOLING)
def test_strides_default_to_the_window(layer):
    assert layer(3).strides == (3, 3)


@pytest.mark.parametrize("layer", POOLING)
def test_pooling_saves_and_loads(layer, tmp_path):
    inputs = keras.Input((7, 6, 2))
    model = keras.Model(inputs, layer((3, 2), strides=2, padding="same", name="pool")(inputs))
    model.save(tmp_path / "pool.keras")
    again = keras.saving.load_model(tmp_path / "pool.keras", safe_mode=True)
    images = np.random.default_rng(0).normal(size=(4, 7, 6, 2)).astype("float32")
    np.testing.assert_array_equal(model(images), again(images))
    assert again.get_layer("pool").get_config() == model.get_layer("pool").get_config()


@pytest.mark.parametrize("layer", POOLING)
@pytest.mark.parametrize("wrong", [{"pool_size": 0}, {"padding": "full"}, {"strides": -1}], ids=str)
def test_wrong_arguments_are_refused(layer, wrong):
    with pytest.raises(ValueError, match="Received"):
        layer(**wrong)


@pytest.mark.parametrize(("minimum", "maximum", "bits"), [(0, 255, 8), (-1.3, 2.9, 8), (-4, 0, 4), (-0.01, 7, 12)])
def test_fake_quantize_gives_the_values_of_integers(minimum, maximum, bits):
    """… by the formula of the scale and zero point; the gradient is that of cutting off."""
    scale = (maximum - minimum) / (2**bits - 1)
    zero_point = round(-minimum / scale)
    x = np.linspace(minimum - 1, maximum + 1, 1001, dtype="float32")
    expected = scale * (np.clip(np.round(x / scale + zero_point), 0, 2**bits - 1) - zero_point)
    layer = FakeQuantize(minimum, maximum, bits)
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        found = layer(x)
    off = np.abs(found - expected)
    assert off.max() <= 1.001 * scale  # at a seam float32 may fall to the other side
    assert np.mean(off < scale / 100) > 0.99
    assert 0 in np.asarray(layer(tf.zeros(1)))
    ends = scale * -zero_point, scale * (2**bits - 1 - zero_point)
    inside = (x > ends[0] + scale / 100) & (x < ends[1] - scale / 100)
    outside = (x < ends[0] - scale / 100) | (x > ends[1] + scale / 100)
    gradient = np.asarray(tape.gradient(found, x))
    assert (gradient[inside] == 1).all()
    assert (gradient[outside] == 0).all()
    assert FakeQuantize.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("settings", [(1, 2), (-2, -1), (0, 0), (float("nan"), 1), (0, 1, 1), (0, 1, 8.5)])
def test_fake_quantize_refuses_ranges_without_zero(settings):
    with pytest.raises(ValueError, match="Received: "):
        FakeQuantize(*settings)
