"""Ranges that estimators give, against NumPy over all values at once, and against a search that is tried out."""

import numpy as np
import pytest

from edgezoo.export.estimators import ESTIMATORS


@pytest.fixture(scope="module")
def images():
    """The values of a tensor on 40 images; a few of the 16,000 lie far outside."""
    values = np.random.default_rng(0).normal(1, 1, (40, 400)).astype(np.float32)
    values[7, :3] = 30, 25, -20
    return values


def estimated(name, images):
    estimator = ESTIMATORS[name]()
    for values in images:
        estimator.add(values)
    for values in images if estimator.needs_histogram else ():
        estimator.again(values)
    return estimator.range()


def error_in_int8(values, lowest, highest):
    """Of TensorFlow's own operator for it."""
    import tensorflow as tf

    kept = tf.quantization.fake_quant_with_min_max_vars(values, lowest, highest)
    return float(np.mean((kept.numpy() - values) ** 2))


def test_minmax_is_that_of_all_images(images):
    assert estimated("minmax", images) == (-20, 30)


def test_the_moving_average_follows_its_recursion(images):
    lowest, highest = images.min(1).astype(float), images.max(1).astype(float)
    weights = 0.05 * 0.95 ** np.arange(len(images))[::-1]
    weights[0] = 0.95 ** (len(images) - 1)
    assert estimated("moving_average", images) == pytest.approx((weights @ lowest, weights @ highest))


def test_percentiles_are_those_of_all_values_to_a_bin(images):
    expected = np.quantile(images, [0.0001, 0.9999], method="inverted_cdf")
    assert np.allclose(estimated("percentile", images), expected, atol=50 / 2048)
    even = np.linspace(-1, 3, 40_000, dtype=np.float32).reshape(40, -1)
    assert estimated("percentile", even) == pytest.approx((-1 + 0.0004, 3 - 0.0004), abs=1e-4)


def test_no_range_that_is_tried_has_a_smaller_squared_error_than_that_of_mse(images):
    found = estimated("mse", images)
    least = error_in_int8(images, *found)
    assert least < error_in_int8(images, -20, 30)
    tried = [(-20 * a, 30 * b) for a in np.linspace(0.05, 1, 20) for b in np.linspace(0.05, 1, 20)]
    # Those lie elsewhere than the ones that it goes through, which are a 32nd apart.
    assert least < 1.05 * min(error_in_int8(images, *each) for each in tried)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_ranges_hold_zero_and_survive_constants(name):
    for value in (0.0, 2.5, -2.5):
        lowest, highest = estimated(name, np.full((3, 10), value, np.float32))
        assert lowest <= 0 <= highest
        assert (lowest, highest) == pytest.approx((min(value, 0), max(value, 0)), abs=0.01)
    lowest, highest = estimated(name, np.full((3, 1), 5, np.float32) + np.arange(3)[:, None])
    assert lowest == 0
    assert 4 < highest <= 7
    assert estimated(name, []) == (0, 0)
