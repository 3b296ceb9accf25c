import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets.pixel_scale import BYTES, SIGNED, UNIT, scale_of

GRAYS = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3)).astype(float)


@given(
    st.sampled_from([(UNIT, lambda x: x / 255), (SIGNED, lambda x: x / 127.5 - 1), (BYTES, lambda x: x)]),
    st.sampled_from(["float16", "float32", "float64"]),
    st.floats(0, 0.1),
    st.floats(0, 0.1),
)
def test_overshoot_does_not_change_the_scale(scale, dtype, above, below):
    scale, store = scale
    stored = store(GRAYS)
    stored[0, 0, 0] = scale.high + above * (scale.high - scale.low)
    stored[1, 0, 0] = scale.low - below * (scale.high - scale.low)
    stored = stored.astype(dtype)
    assert scale_of("x", stored) == scale
    expected = GRAYS.copy()
    expected[0, 0, 0], expected[1, 0, 0] = 255, 0
    assert np.abs(scale.to_bytes(stored) - expected).max() <= 1


def test_a_hair_above_one():
    images = GRAYS / 255
    images[0, 0, 0] = 1.0000001
    assert scale_of("x", images) == UNIT


def test_black_and_white_may_be_on_two_scales():
    assert scale_of("x", np.float32(GRAYS > 128)) is None
    assert scale_of("x", np.uint8(GRAYS > 128)) == BYTES


def test_dark_pictures_in_whole_numbers_are_bytes():
    assert scale_of("x", np.rint(GRAYS / 50)) == BYTES


@pytest.mark.parametrize(
    "pixels",
    [
        GRAYS * 2,
        GRAYS - 120,
        (GRAYS - GRAYS.mean()) / GRAYS.std(),
        GRAYS / 255 - 0.5,
        GRAYS / 100,
        np.where(GRAYS > 250, np.nan, GRAYS),
        np.where(GRAYS > 250, np.inf, GRAYS),
        GRAYS / 255 - 0.1,  # within the margin, but too much of it
        GRAYS.astype(int) * 256,
        GRAYS.astype(int) - 1,
    ],
)
def test_what_is_on_no_scale_is_refused(pixels):
    with pytest.raises(EdgezooError, match=r"x_train: .*between 0 and 255.*Received") as caught:
        scale_of("x_train", pixels)
    assert "\n" not in str(caught.value)
