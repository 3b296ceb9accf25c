import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets.fingerprints import fingerprint
from edgezoo.datasets.sources import ArraySource, FileSource


def test_arrays_are_read_as_stored_or_converted():
    array = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), np.uint8)
    assert np.array_equal(ArraySource(array).read([4, 1]), array[[4, 1]])
    gray = ArraySource(array, (4, 6, 1)).read([2])
    assert np.abs(gray[0, ..., 0] - array[2] @ (0.299, 0.587, 0.114)).max() <= 1
    assert ArraySource(array, (8, 8, 3)).read([0, 1, 2]).shape == (3, 8, 8, 3)
    assert ArraySource(array, (8, 8, 3)).read([]).shape == (0, 8, 8, 3)


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_any_count_of_channels_is_read_as_stored(channels):
    array = np.random.default_rng(0).integers(0, 256, (5, 4, 6, channels), np.uint8)
    assert np.array_equal(ArraySource(array).read([3]), array[[3]])


def test_tensorflow_and_numpy_share_one_copy():
    import tensorflow as tf

    array = np.random.default_rng(0).integers(0, 256, (50, 28, 28, 1), np.uint8)
    source = ArraySource(array)
    gathered = source.tensor_reader()(tf.constant([7, 3], tf.int64))
    assert np.array_equal(gathered, array[[7, 3]])
    assert np.shares_memory(source.array, np.asarray(source._tensor))
    assert np.array_equal(source.read([7, 3]), array[[7, 3]])


def test_files_are_read_in_the_order_asked_for(tmp_path):
    for i in range(40):
        Image.new("L", (10 + i, 12), i).save(tmp_path / f"{i}.png")
    source = FileSource([tmp_path / f"{i}.png" for i in range(40)], (6, 5, 1))
    rows = np.random.default_rng(0).permutation(40)
    images = source.read(rows)
    assert images.dtype == np.uint8 and images.shape == (40, 6, 5, 1)
    assert images[:, 3, 3, 0].tolist() == rows.tolist()


def test_a_large_jpeg_read_small_looks_like_the_whole_one_shrunk(tmp_path):
    """The decoder's own scaling must not show: against the full decode, shrunk by area averaging."""
    rows, columns = np.mgrid[:512, :768]
    smooth = 127 + 60 * np.sin(rows / 40) + 60 * np.cos(columns / 25)
    Image.fromarray(smooth.astype(np.uint8)).save(tmp_path / "x.jpg", quality=95)
    whole = np.asarray(Image.open(tmp_path / "x.jpg"), float).reshape(32, 16, 48, 16).mean((1, 3))
    assert np.abs(FileSource([tmp_path / "x.jpg"], (32, 48, 1)).read([0])[0, ..., 0] - whole)[1:-1, 1:-1].max() <= 4


def test_digests_are_those_of_what_is_stored_whatever_shape_is_read():
    array = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), np.uint8)
    source = ArraySource(array, called="x_test")
    rows = np.array([4, 1, 4])
    assert source.digests(rows).tolist() == [fingerprint(array[row]) for row in rows]
    assert np.array_equal(source.at((9, 9, 1)).digests(rows), source.digests(rows))
    assert source.name(4) == "x_test[4]"
    files = FileSource(["/d/a/1.png", "/d/a/two\nlines.png"], (6, 5, 1), [7, 2**64 - 1], "/d")
    assert files.at((2, 2, 3)).digests(np.array([1, 0])).tolist() == [2**64 - 1, 7]
    assert [files.name(row) for row in (0, 1)] == ["a/1.png", "'a/two\\nlines.png'"]


def test_a_file_that_vanished_is_named(tmp_path):
    with pytest.raises(EdgezooError, match=r"gone\.png can no longer be read"):
        FileSource([tmp_path / "gone.png"], (6, 5, 1)).read([0])
