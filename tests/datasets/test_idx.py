import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets.idx import read_idx


def idx(array):
    """The format's definition, written down a second time."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@given(arrays.arrays(np.uint8, arrays.array_shapes(min_dims=1, max_dims=4, max_side=6)), st.booleans())
def test_what_is_written_is_read(tmp_path_factory, array, compress):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(idx(array)) if compress else idx(array))
    read = read_idx(path)
    assert read.dtype == np.uint8
    assert np.array_equal(read, array)


@given(st.data())
def test_any_other_length_is_an_error(tmp_path_factory, data):
    content = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    wrong = data.draw(st.one_of(st.integers(1, len(content) - 1).map(lambda n: content[:n]), st.just(content + b"x")))
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(gzip.compress(wrong) if data.draw(st.booleans()) else wrong)
    with pytest.raises(EdgezooError, match=r"damaged|IDX"):
        read_idx(path)


@given(st.binary(min_size=1, max_size=64))
def test_any_bytes_give_an_array_or_one_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(content)
    try:
        assert idx(read_idx(path)) == content
    except EdgezooError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\0\0\x0d\x01" + bytes(8), "not an IDX file of unsigned bytes"),
        (gzip.compress(idx(np.zeros(1000, np.uint8)), mtime=0)[:-10], "damaged"),
        (b"\0\0\x08\x04" + b"\xff" * 16, "damaged"),
    ],
    ids=["empty", "floats", "gzip cut short", "states 3e38 values"],
)
def test_errors_say_what_is_wrong(tmp_path, content, says):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(EdgezooError, match=says):
        read_idx(tmp_path / "x")


def test_a_missing_file(tmp_path):
    with pytest.raises(EdgezooError, match="does not exist"):
        read_idx(tmp_path / "x")


def test_no_more_is_unpacked_than_the_header_states(tmp_path):
    bomb = gzip.compress(idx(np.zeros(4, np.uint8)) + bytes(200_000_000))
    (tmp_path / "bomb.gz").write_bytes(bomb)
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(EdgezooError, match="damaged"):
        read_idx(tmp_path / "bomb.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
