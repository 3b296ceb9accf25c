"""Networks whose weights are set by hand: convolution explained by what it can be told to find.

No training: every weight below says what it looks for. Both networks are ordinary Keras models, which can be explained,
quantized and exported like any other.
"""

import keras
import numpy as np

from .arguments import require_positive

#: The four 3×3 filters of ``EdgeDetector``: Prewitt's (1970) operators, which answer to a step from dark to bright.
EDGES = {
    "vertical": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "horizontal": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "diagonal_down": [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]],
    "diagonal_up": [[1, 1, 0], [1, 0, -1], [0, -1, -1]],
}
#: Sides in pixels of the squares that ``SquareDetector`` promises to find.
SQUARES = (6, 8, 10, 12)
#: The full answer of a unit, and the value at which ReLU6 stops.
_FULL = 6.0
#: Difference of brightness, in shares of the range of pixels, at which an edge begins to count and counts in full.
_FAINT, _CLEAR = 0.25, 0.5


def EdgeDetector(input_shape=(None, None, 1), *, name="edge_detector"):
    """Four edge filters as a convolution: the signed strength of vertical, horizontal and diagonal edges.

    Args:
        input_shape: (H, W, C); of several channels the mean is taken.
        name: of the model.

    Returns:
        ``keras.Model`` from pixels 0–255 [b, H, W, C] to [b, H − 2, W − 2, 4], in the order of ``EDGES``; 1 is the step
        from black to white, negative a step from bright to dark.
    """
    channels = input_shape[2]
    kernel = np.stack([np.array(filter_) for filter_ in EDGES.values()], axis=-1) / (3 * channels)
    pixels = keras.Input(input_shape, name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(pixels)
    edges = keras.layers.Conv2D(4, 3, use_bias=False, name="edges")
    model = keras.Model(pixels, edges(x), name=name)
    edges.set_weights([np.repeat(kernel[:, :, None], channels, axis=2)])
    return model


def SquareDetector(input_shape=(32, 32, 1), *, sizes=SQUARES, name="square_detector"):
    """Finds axis-parallel squares: edges → corners → squares, by three successive convolutions.

    Each unit is an AND: a sum of parts, of which each is 0 or 6, and a bias that lets nothing through unless all are
    there. ``edges`` answers where the picture gets brighter or darker to the right or downwards. ``corners`` answers
    where a horizontal and a vertical edge of three pixels each begin in one point and do not go on beyond it.
    ``squares`` has one filter a size, with a weight in each of the four places where the corners of such a square are.

    What it promises: filled or outlined squares of the given sizes, at least half of the range of pixels brighter than
    what surrounds them on all sides, are found; what has not four such corners in these places is not. It sees no more
    than that: a square with a gap in the middle of a side is one, too.

    Args:
        input_shape: (H, W, 1).
        sizes: sides in pixels, 6 or more: the edges of two corners must find room.
        name: of the model.

    Returns:
        ``keras.Model`` from pixels 0–255 [b, H, W, 1] to [b, sizes]: 1 where a square of the size is in the picture, 0
        where not.
    """
    require_positive("sizes", tuple(sizes))
    if min(sizes) < 2 * _ARM:
        raise ValueError(f"`sizes` must be {2 * _ARM} or more. Received: sizes={tuple(sizes)}")
    if input_shape[2] != 1:
        raise ValueError(f"`input_shape` must have one channel. Received: input_shape={input_shape}")
    pixels = keras.Input(input_shape, name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(pixels)
    stages = [("edges", _edge_weights()), ("corners", _corner_weights()), ("squares", _square_weights(sizes))]
    convolutions = []
    for stage, (kernel, bias) in stages:
        # What lies beyond the picture is neither bright nor dark; beyond the map of edges there simply are none.
        padding = "valid" if stage == "edges" else "same"
        convolution = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[:2], padding=padding, name=stage)
        x = keras.layers.ReLU(max_value=_FULL, name=f"{stage}_relu")(convolution(x))
        convolutions.append((convolution, kernel, bias))
    x = keras.layers.GlobalMaxPooling2D(name="anywhere")(x)
    model = keras.Model(pixels, keras.layers.Rescaling(1 / _FULL, name="answer")(x), name=name)
    for convolution, kernel, bias in convolutions:
        convolution.set_weights([kernel, bias])
    return model


#: Channels of ``edges`` and ``corners``.
_LEFT, _RIGHT, _TOP, _BOTTOM = range(4)
_CORNERS = {  # corner → (its vertical edge, its horizontal edge, directions down and right along them)
    "top_left": (_LEFT, _TOP, 1, 1),
    "top_right": (_RIGHT, _TOP, 1, -1),
    "bottom_left": (_LEFT, _BOTTOM, -1, 1),
    "bottom_right": (_RIGHT, _BOTTOM, -1, -1),
}
_ARM = 3


def _edge_weights():
    """A bright pixel beside a dark one, on each of its four sides."""
    kernel = np.zeros((3, 3, 1, 4), np.float32)
    dark = {_LEFT: (1, 0), _RIGHT: (1, 2), _TOP: (0, 1), _BOTTOM: (2, 1)}
    gain = _FULL / (_CLEAR - _FAINT)
    for channel, place in dark.items():
        kernel[1, 1, 0, channel] = gain
        kernel[(*place, 0, channel)] = -gain
    return kernel, np.full(4, -gain * _FAINT, np.float32)


def _corner_weights():
    """Two arms of three edge pixels from one point, and nothing of either beyond it."""
    middle = _ARM - 1
    kernel = np.zeros((2 * _ARM - 1, 2 * _ARM - 1, 4, 4), np.float32)
    for channel, (vertical, horizontal, down, right) in enumerate(_CORNERS.values()):
        for step in range(_ARM):
            kernel[middle + step * down, middle, vertical, channel] = 1
            kernel[middle, middle + step * right, horizontal, channel] = 1
        kernel[middle - down, middle, vertical, channel] = -1
        kernel[middle, middle - right, horizontal, channel] = -1
    # All six parts make 36; five leave nothing.
    return kernel, np.full(4, -_FULL * (2 * _ARM - 1), np.float32)


def _square_weights(sizes):
    """Four corners, a side apart."""
    extent = max(sizes) + 1 - max(sizes) % 2  # odd, so that it has a middle
    kernel = np.zeros((extent, extent, 4, len(sizes)), np.float32)
    for channel, size in enumerate(sizes):
        first = (extent - size) // 2
        last = first + size - 1
        for corner, place in enumerate([(first, first), (first, last), (last, first), (last, last)]):
            kernel[(*place, corner, channel)] = 1
    return kernel, np.full(len(sizes), -_FULL * 3, np.float32)
