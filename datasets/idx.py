"""IDX, the file format of the MNIST family."""

import gzip
import math
import struct
import zlib

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import existing_file

_UINT8 = 0x08


def read_idx(path):
    """Reads an IDX file of unsigned bytes, compressed with gzip or not.

    The format: two zero bytes, the type, the count of dimensions, each dimension as a big-endian uint32, the values in
    C order (http://yann.lecun.com/exdb/mnist).

    Returns:
        uint8 array of the shape that the file states.

    Raises:
        EdgezooError: missing, empty, not IDX, of another type, truncated, or with something after its end.
    """
    path = existing_file(path)
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    try:
        with (gzip.open if compressed else open)(path, "rb") as file:
            zero, kind, dimensions = struct.unpack(">HBB", file.read(4))
            if zero or kind != _UINT8 or not dimensions:
                raise EdgezooError(f"{path} is not an IDX file of unsigned bytes.")
            shape = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
            size = math.prod(shape)
            # One byte more than stated tells whether there is more. No more than that is ever unpacked.
            content = file.read(size + 1)
    except (OSError, EOFError, struct.error, zlib.error, MemoryError, OverflowError) as error:
        raise EdgezooError(f"{path} is damaged: {error or type(error).__name__}; get it again.") from error
    if len(content) != size:
        raise EdgezooError(f"{path} is damaged: it states {size:,} values and holds {len(content):,} or more.")
    return np.frombuffer(content, np.uint8).reshape(shape)
