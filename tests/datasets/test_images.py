import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from edgezoo.datasets.images import is_gray, open_image, to_pixels

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def opened(path, mode="RGB"):
    return np.asarray(open_image(path).convert(mode))


def png(path, width, height, bits, colour, rows, extra=b""):
    """A PNG file written chunk by chunk after the specification, independent of Pillow's own writer."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "webp", "tif"])
def test_lossless_formats_come_back_as_they_were_written(tmp_path, suffix):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / f"x.{suffix}", lossless=True)
    assert np.array_equal(opened(tmp_path / f"x.{suffix}"), pixels)


def test_16_bit_gray_keeps_its_upper_byte(tmp_path):
    values = np.array([[0, 255, 256, 257], [0x7FFF, 0x8000, 0xFEFF, 0xFFFF]], ">u2")
    png(tmp_path / "x.png", 4, 2, 16, 0, [row.tobytes() for row in values])
    assert opened(tmp_path / "x.png", "L").tolist() == (values >> 8).tolist()


def test_16_bit_colour_keeps_its_upper_bytes(tmp_path):
    values = np.random.default_rng(0).integers(0, 65536, (2, 3, 3)).astype(">u2")
    png(tmp_path / "x.png", 3, 2, 16, 2, [row.tobytes() for row in values])
    assert np.array_equal(opened(tmp_path / "x.png"), values >> 8)


def test_bilevel_is_black_and_white(tmp_path):
    Image.fromarray(np.eye(3, dtype=bool)).save(tmp_path / "x.png")
    assert opened(tmp_path / "x.png", "L").tolist() == (np.eye(3) * 255).tolist()


@given(st.integers(0, 255), st.integers(0, 255))
def test_alpha_is_laid_over_white(tmp_path_factory, value, alpha):
    path = tmp_path_factory.mktemp("alpha") / "x.png"
    Image.new("RGBA", (1, 1), (value, 0, 255, alpha)).save(path)
    over_white = [(alpha * channel + (255 - alpha) * 255) / 255 for channel in (value, 0, 255)]
    assert opened(path)[0, 0].tolist() == pytest.approx(over_white, abs=1)


def test_gray_with_alpha_stays_gray(tmp_path):
    Image.new("LA", (1, 1), (100, 128)).save(tmp_path / "x.png")
    image = open_image(tmp_path / "x.png")
    assert is_gray(image)
    assert np.asarray(image).flat[0] == pytest.approx((100 * 128 + 255 * 127) / 255, abs=1)


def test_a_palette_with_a_transparent_colour(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *BLUE])
    image.putdata([0, 1])
    image.save(tmp_path / "x.png", transparency=0)
    assert opened(tmp_path / "x.png").tolist() == [[list(WHITE), list(BLUE)]]


def test_rgb_with_a_transparent_colour(tmp_path):
    # The tRNS chunk names one colour; it is stored in 16 bits a channel.
    transparent = struct.pack(">I", 6) + b"tRNS" + struct.pack(">HHH", *RED)
    transparent += struct.pack(">I", zlib.crc32(transparent[4:]))
    png(tmp_path / "x.png", 2, 1, 8, 2, [bytes((*RED, *GREEN))], transparent)
    assert opened(tmp_path / "x.png").tolist() == [[list(WHITE), list(GREEN)]]


def test_cmyk_jpeg(tmp_path):
    # Cyan, magenta and yellow ink take away red, green and blue.
    Image.new("CMYK", (8, 8), (255, 0, 0, 0)).save(tmp_path / "cyan.jpg", quality=95)
    Image.new("CMYK", (8, 8), (0, 0, 0, 255)).save(tmp_path / "black.jpg", quality=95)
    assert opened(tmp_path / "cyan.jpg")[4, 4].tolist() == pytest.approx([0, 255, 255], abs=3)
    assert opened(tmp_path / "black.jpg")[4, 4].tolist() == pytest.approx([0, 0, 0], abs=3)


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(tmp_path, orientation, suffix):
    # The table of the EXIF standard: where the stored row 0 and column 0 lie in the picture.
    stored = {
        1: lambda upright: upright,
        2: np.fliplr,
        3: lambda upright: np.rot90(upright, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda upright: np.rot90(upright),
        7: lambda upright: np.rot90(upright, 2).T,
        8: lambda upright: np.rot90(upright, -1),
    }[orientation]
    upright = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored(upright))).save(tmp_path / f"x.{suffix}", exif=exif)
    assert opened(tmp_path / f"x.{suffix}", "L").tolist() == upright.tolist()


@pytest.mark.parametrize("order", "<>")
def test_16_bit_tiff_keeps_its_upper_byte(tmp_path, order):
    values = np.array([[0, 255, 256, 257], [0x7FFF, 0x8000, 0xFEFF, 0xFFFF]], "u2")
    Image.fromarray(values.astype(f"{order}u2")).save(tmp_path / "x.tif")
    assert opened(tmp_path / "x.tif", "L").tolist() == (values >> 8).tolist()


@pytest.mark.parametrize(
    "pixels", [np.full((4, 4), 0.5, "float32"), np.full((4, 4), 70_000, "int32"), -np.ones((2, 2), "i4")]
)
def test_pixels_of_32_bits_are_refused(tmp_path, pixels):
    Image.fromarray(pixels).save(tmp_path / "x.tif")
    with pytest.raises(ValueError, match="have 32 bits; save it with 8 or 16"):
        open_image(tmp_path / "x.tif")


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tiff"])
def test_of_an_animation_the_first_frame(tmp_path, suffix):
    first, second = Image.new("RGB", (4, 4), RED), Image.new("RGB", (4, 4), BLUE)
    first.save(tmp_path / f"x.{suffix}", save_all=True, append_images=[second], lossless=True, duration=50)
    assert opened(tmp_path / f"x.{suffix}")[0, 0].tolist() == list(RED)


def test_the_content_says_the_format_not_the_name(tmp_path):
    Image.new("RGB", (4, 4), RED).save(tmp_path / "x.jpg", format="png")
    assert opened(tmp_path / "x.jpg")[0, 0].tolist() == list(RED)


def test_no_other_decoder_is_tried(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "x.png", format="ppm")
    with pytest.raises(OSError, match="cannot identify"):
        open_image(tmp_path / "x.png")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tif"])
def test_a_truncated_file_raises(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises((OSError, SyntaxError, ValueError, EOFError)):
        open_image(path)


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path):
    # Between Pillow's limit, where it only warns, and twice that, where it stops by itself.
    png(tmp_path / "x.png", 10_000, 12_000, 1, 0, [b""])
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(Image.DecompressionBombError, match="10000×12000"):
        open_image(tmp_path / "x.png")


def test_a_large_jpeg_opens_small_but_never_below_the_side_asked_for(tmp_path):
    Image.new("RGB", (1600, 800), GREEN).save(tmp_path / "x.jpg")
    assert open_image(tmp_path / "x.jpg").size == (1600, 800)
    assert open_image(tmp_path / "x.jpg", at_least=192).size == (400, 200)
    assert open_image(tmp_path / "x.jpg", at_least=801).size == (1600, 800)


def test_is_gray_goes_by_the_pixels():
    gray = np.repeat(np.arange(12, dtype=np.uint8).reshape(3, 4, 1), 3, axis=2)
    assert is_gray(Image.fromarray(gray))
    for channel in range(3):
        coloured = gray.copy()
        coloured[2, 3, channel] += 1
        assert not is_gray(Image.fromarray(coloured))


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_gray_is_bt601_luma(colour):
    gray = to_pixels(Image.new("RGB", (1, 1), colour), (1, 1, 1))
    assert gray.item() == pytest.approx(np.dot(colour, (0.299, 0.587, 0.114)), abs=1)


def test_gray_is_repeated_over_rgb():
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert np.array_equal(to_pixels(Image.fromarray(pixels), (2, 3, 3)), np.stack([pixels] * 3, axis=-1))


def test_shrinking_is_antialiased_and_stretches():
    # Single-pixel stripes average to gray; a plain bilinear lookup would return stripes or one colour.
    stripes = np.zeros((64, 32), np.uint8)
    stripes[:, ::2] = 255
    small = to_pixels(Image.fromarray(stripes), (8, 8, 1))
    assert small.shape == (8, 8, 1)
    assert np.abs(small[:, 1:-1].astype(float) - 127.5).max() <= 20


def test_resizing_agrees_with_tensorflow(tmp_path):
    import tensorflow as tf

    image = np.random.default_rng(3).integers(0, 256, (30, 41, 3), np.uint8)
    for size in ((12, 9), (60, 50)):
        ours = to_pixels(Image.fromarray(image), (*size, 3))
        theirs = tf.image.resize(image, size, method="bilinear", antialias=True).numpy()
        assert np.abs(ours - theirs).max() <= 1.01  # Pillow rounds between its two passes


def test_colour_profiles_are_not_applied(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (2, 2), (10, 20, 30)).save(tmp_path / "x.png", icc_profile=profile)
    assert opened(tmp_path / "x.png")[0, 0].tolist() == [10, 20, 30]
