import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edgezoo.common.fit import Fit, chosen, largest
from edgezoo.common.images import resized
from edgezoo.export import example

FITS = [Fit(), Fit("crop"), Fit("pad", (9, 90, 200))]
side = st.integers(1, 60)


@given(st.tuples(side, side), st.tuples(side, side))
def test_the_largest_rectangle_fills_one_side_and_has_the_proportions(proportions, within):
    part = largest(proportions, within)
    (wide, high), (width, height) = proportions, within
    scale = min(width / wide, height / high)
    assert all(1 <= inner <= outer for inner, outer in zip(part, within, strict=True))
    assert part[0] == width or part[1] == height
    assert part == pytest.approx((max(1, scale * wide), max(1, scale * high)), abs=0.5)


def test_a_crop_is_the_middle():
    image = np.zeros((40, 100, 3), np.uint8)
    image[:, 30:70] = (10, 20, 30)
    assert (np.asarray(Fit("crop").applied(Image.fromarray(image), (20, 20))) == (10, 20, 30)).all()
    tall = Image.fromarray(image.transpose(1, 0, 2))
    assert (np.asarray(Fit("crop").applied(tall, (20, 20))) == (10, 20, 30)).all()


def test_a_pad_keeps_all_of_the_picture_on_its_border():
    image = np.full((20, 40, 3), 200, np.uint8)
    padded = np.asarray(FITS[2].applied(Image.fromarray(image), (32, 32)))
    assert (padded[8:24] == 200).all()
    assert (padded[:8] == (9, 90, 200)).all() and (padded[24:] == (9, 90, 200)).all()


def test_what_has_the_proportions_is_squashed_by_each():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 60, 3), np.uint8))
    squashed, *others = (np.asarray(fit.applied(image, (10, 20))) for fit in FITS)
    for other in others:
        np.testing.assert_array_equal(other, squashed)
    assert FITS[1].applied(image, (30, 60)) is image


@pytest.mark.parametrize("fit", FITS, ids=lambda fit: fit.kind)
@pytest.mark.parametrize("own", [(37, 53), (5, 3), (1, 90), (64, 64)])
def test_arrays_pictures_and_the_example_get_a_size_alike(fit, own, tmp_path):
    """Three ways to the same pixels, the last of them by a bundle's own program, which has nothing of edgezoo."""
    image = np.random.default_rng(1).integers(0, 256, (*own, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "picture.png")
    for size in ((12, 9), (80, 40), own):
        expected = np.asarray(fit.applied(Image.fromarray(image), size))
        np.testing.assert_array_equal(resized(image[None], size, fit)[0], expected)
        np.testing.assert_array_equal(example.read_pixels(tmp_path / "picture.png", *size, 3, fit.row())[0], expected)


def test_a_border_for_other_channels_is_gray_or_repeated():
    assert Fit("pad", (9, 90, 201)).border_in(1) == (100,)
    assert Fit("pad", (7,)).border_in(3) == (7, 7, 7)
    assert np.asarray(Fit("pad", (7,)).applied(Image.new("RGB", (4, 2)), (4, 4)))[0, 0].tolist() == [7, 7, 7]


@pytest.mark.parametrize("fit", FITS)
def test_a_document_has_all_of_it(fit):
    assert Fit.of_row(fit.row()) == fit


@pytest.mark.parametrize(
    "row",
    [{}, {"kind": "stretch"}, {"kind": "pad"}, {"kind": "pad", "border": [256]}, {"kind": "pad", "border": [1.5]},
     {"kind": "crop", "border": [1]}, {"kind": "pad", "border": 3}, None, {"kind": []}],
)  # fmt: skip
def test_a_document_of_strangers_can_be_refused(row):
    with pytest.raises((ValueError, TypeError, LookupError)):
        Fit.of_row(row)


def test_of_the_known_kind_the_known_border_is_taken():
    known = Fit("pad", (1, 2, 3))
    assert chosen(None, known) == chosen("pad", known) == chosen(Fit("pad", (9,)), known) == known
    assert chosen("crop", known) == "crop" and chosen("crop", None) == "crop"
    assert chosen(None, None) is None
