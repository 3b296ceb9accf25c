"""Windows to be drawn and calculated, and what TensorFlow makes of them."""

import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from edgezoo.explain.windows.window import Window


def pairs(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


def windows(size=12, kernel=4, stride=4, dilation=3, pads=3):
    """Windows that fit, with numbers of at most these."""
    padding = st.one_of(st.sampled_from(["same", "valid"]), st.tuples(pairs(0, pads), pairs(0, pads)))
    values = st.tuples(pairs(1, size), pairs(1, kernel), pairs(1, stride), padding, pairs(1, dilation))
    return values.filter(fits).map(lambda value: Window(*value))


def fits(value):
    size, kernel, _, padding, dilation = value
    added = ((0, 0), (0, 0)) if padding == "valid" else padding
    return padding == "same" or all(
        n + sum(pads) > d * (f - 1) for n, pads, f, d in zip(size, added, kernel, dilation, strict=True)
    )


def what_tensorflow_reads(window):
    """int [H', W', taps]: the number of the pixel under each tap, from 1; 0 is padding.

    A convolution whose filters each have a single 1.
    """
    height, width = window.input_size
    pixels = np.arange(1, height * width + 1, dtype=np.float32).reshape(1, height, width, 1)
    taps = math.prod(window.kernel)
    filters = np.eye(taps, dtype=np.float32).reshape(*window.kernel, 1, taps)
    padding = window.padding.upper() if isinstance(window.padding, str) else [(0, 0), *window.padding, (0, 0)]
    return tf.nn.conv2d(pixels, filters, window.stride, padding, dilations=window.dilation)[0].numpy().astype(int)


#: From one pixel to far more cells, outputs and taps than a page has room for.
PICTURES = {
    "1x1": Window((1, 1), (1, 1)),
    "stride": Window((6, 6), (3, 3), (2, 2), "same"),
    "rectangle": Window((5, 9), (3, 2), (2, 3), ((1, 2), (0, 1)), (1, 2)),
    "line": Window((1, 100), (1, 5), (1, 2), "same"),
    "7x7 of 224": Window((224, 224), (7, 7), (2, 2), "same"),
    "11x11 of 224": Window((224, 224), (11, 11), (4, 4)),
    "patches of 224": Window((224, 224), (16, 16), (16, 16)),
    "all of 224": Window((224, 224), (224, 224)),
    "dilated on 224": Window((224, 224), (5, 5), (1, 1), "same", (36, 36)),
    "224x3": Window((224, 3), (9, 2), (3, 1), ((1, 1), (0, 0)), (2, 1)),
    "huge": Window((10**6, 10**6), (99, 9999), (3, 7), "same", (1, 5)),
}
pictures = pytest.mark.parametrize("window", PICTURES.values(), ids=PICTURES)
