import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.explain import read_picture


def test_a_picture_that_fits_is_left_alone(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for shape in [(9, 7, 3), (None, None, 3), (None, None, None)]:
        read, changes = read_picture(tmp_path / "a.png", shape)
        np.testing.assert_array_equal(read, pixels)
        assert changes == ""


def test_another_size_and_colour_are_converted_and_said_so(tmp_path):
    Image.new("RGB", (20, 10), (255, 0, 0)).save(tmp_path / "red.png")
    pixels, changes = read_picture(tmp_path / "red.png", (5, 6, 1))
    assert pixels.shape == (5, 6, 1) and (pixels == 76).all()  # 0.299 · 255
    assert "10×20 RGB" in changes and "5×6 gray" in changes


def test_a_photo_for_any_size_is_made_small_enough(tmp_path):
    Image.new("L", (2000, 1000)).save(tmp_path / "wide.png")
    assert read_picture(tmp_path / "wide.png", (None, None, 1))[0].shape == (256, 512, 1)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "does not exist"), (b"", "is empty"), (b"no picture", "cannot be read as a picture")],
)
def test_what_is_no_picture(tmp_path, content, message):
    path = tmp_path / "x.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EdgezooError, match=message):
        read_picture(path)


def test_a_truncated_picture(tmp_path):
    path = tmp_path / "x.png"
    Image.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(EdgezooError, match="cannot be read as a picture"):
        read_picture(path)


def test_channels_that_no_picture_has(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(EdgezooError, match="takes 5 channels"):
        read_picture(tmp_path / "a.png", (4, 4, 5))
