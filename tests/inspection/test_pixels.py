import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection.pixels import Pixels, parse, range_expected, range_held

ENDS = np.array([[[0, 255]]], np.uint8).reshape(1, 2, 1)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("0..255", (0, 255)),
        ("0..1", (0, 1)),
        ("-1..1", (-1, 1)),
        ("-0.5..0.5", (-0.5, 0.5)),
        ("-128..127", (-128, 127)),
        ("1..0", (1, 0)),
        ("0,255", (0, 1)),
        ("127.5,127.5", (-1, 1)),
        ("0,1", (0, 255)),
    ],
)
def test_what_pixels_become(text, ends):
    pixels = parse(text)
    assert pixels.values(ENDS).ravel() == pytest.approx(ends)
    assert pixels.is_raw == (ends == (0, 255))
    assert pixels.text == f"{ends[0]}..{ends[1]}"
    assert Pixels.of_row(pixels.row()) == pixels


def test_raw_pixels_are_not_copied():
    assert parse("0..255").values(ENDS) is ENDS


def test_a_mean_and_a_deviation_for_each_channel():
    pixels = parse("123.675,116.28,103.53,58.395,57.12,57.375")
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 3), np.uint8)
    expected = (images / 255.0 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(pixels.values(images), expected, atol=1e-5)
    assert pixels.text == "mean 123.675,116.28,103.53 std 58.395,57.12,57.375"
    with pytest.raises(EdgezooError, match="of 3 channels"):
        pixels.values(images[..., :1])


@pytest.mark.parametrize(
    "text", ["", "a", "1", "1..1", "..", "1..", "nan..1", "0..inf", "1,0", "1,2,3", "0..1..2", ","]
)
def test_what_is_no_range(text):
    with pytest.raises(ValueError, match="is no range of pixels: RANGE is"):
        parse(text)


def test_the_mean_and_std_of_pixels_of_0_to_1_are_told_in_255():
    with pytest.raises(ValueError, match=r"--pixels 123\.675,116\.28,103\.53,58\.395,57\.12,57\.375\.$"):
        parse("0.485,0.456,0.406,0.229,0.224,0.225")


@given(st.floats(-300, 300), st.floats(-300, 300))
def test_a_range_is_where_0_and_255_go(low, high):
    if abs(high - low) < 1e-3:
        return
    assert parse(f"{low!r}..{high!r}").values(ENDS).ravel() == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize(
    ("scale", "zero_point", "limits", "expected"),
    [
        (1, 0, (0, 255), (0, 255)),
        (1, -128, (-128, 127), (0, 255)),
        (0.9, 0, (0, 255), (0, 255)),  # no calibration image was quite white
        (1 / 255, 0, (0, 255), (0, 1)),
        (1 / 256, -128, (-128, 127), (0, 1)),
        (0.8 / 255, 0, (0, 255), (0, 1)),
        (1 / 127.5, 127, (0, 255), (-1, 1)),
        (1 / 128, 128, (0, 255), (-1, 1)),
        (1 / 127.5, -1, (-128, 127), (-1, 1)),
        (1.7 / 255, 150, (0, 255), (-1, 1)),
        (1 / 255, 128, (0, 255), (-0.5, 0.5)),
        (1, 0, (-128, 127), (-128, 127)),
        (4.758 / 255, 114, (0, 255), None),  # ImageNet's mean and standard deviation
        (3.24 / 255, 33, (0, 255), None),  # those of MNIST
        (0.02, 0, (0, 255), None),
    ],
)
def test_the_range_that_an_input_was_calibrated_with(scale, zero_point, limits, expected):
    assert range_held(*(scale * (end - zero_point) for end in limits)) == expected


@pytest.mark.parametrize(("most", "expected"), [(255, (0, 255)), (200, (0, 255)), (1, None), (128, None), (2.6, None)])
def test_int16_says_nothing_of_what_is_below_0(most, expected):
    assert range_held(-most, most, is_symmetric=True) == expected


@pytest.mark.parametrize(
    ("scale", "offset", "expected"),
    [
        (1 / 255, 0, (0, 255)),
        (1 / 127.5, -1, (0, 255)),
        (1 / 255, -0.5, (0, 255)),
        (-1 / 255, 1, (0, 255)),
        (1, -110, (0, 255)),
        (1 / 58.4, -123.7 / 58.4, (0, 255)),
        (2, -1, (0, 1)),
        (255, 0, (0, 1)),
        (1, -0.5, (0, 1)),
        (1 / 0.3081, -0.1307 / 0.3081, (0, 1)),
        (127.5, 127.5, (-1, 1)),
        (0.5, 0.5, (-1, 1)),
        (1 / 0.62, 0.74 / 0.62, (-1, 1)),
        (1, 0, None),
        (0, 1, None),
        (3, 7, None),
        (float("nan"), 0, None),
    ],
)
def test_the_range_that_first_operations_expect(scale, offset, expected):
    assert range_expected(scale, offset) == expected


@given(st.sampled_from([(0, 1), (-1, 1), (0, 255)]), st.lists(st.floats(0, 1), min_size=30, max_size=30))
def test_statistics_of_images_are_those_of_their_range(ends, shares):
    """Whatever the images are, their mean and standard deviation can be of their range, or of a narrower one."""
    values = ends[0] + (ends[1] - ends[0]) * np.array(shares)
    mean, deviation = values.mean(), values.std()
    if deviation > 0.05 * (ends[1] - ends[0]):
        found = range_expected(1 / deviation, -mean / deviation)
        assert found and found[1] - found[0] <= ends[1] - ends[0]


@pytest.mark.parametrize(
    "row", [{}, {"mean": [1], "std": [0], "known_by": ""}, {"mean": [], "std": [], "known_by": ""}]
)
def test_rows_that_are_none(row):
    with pytest.raises((LookupError, ValueError)):
        Pixels.of_row(row)
    with pytest.raises(ValueError, match="inhomogeneous"):
        Pixels((1.0, 2.0), (1.0,))
