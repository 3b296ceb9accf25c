import itertools
import math
import subprocess
import sys
import xml.etree.ElementTree as ET

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageSequence

from edgezoo.common.errors import EdgezooError
from edgezoo.explain.convolution import Window, animate, draw, save_picture, window_of
from edgezoo.explain.fields import box_of
from edgezoo.inspection import describe


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


@given(windows())
def test_every_window_reads_what_it_reads_in_tensorflow(window):
    read = what_tensorflow_reads(window)
    assert window.output_size == read.shape[:2]
    height, width = window.input_size
    for row, column in itertools.product(*map(range, read.shape[:2])):
        ours = [
            y * width + x + 1 if 0 <= y < height and 0 <= x < width else 0
            for y, x in itertools.product(window.taps(0, row), window.taps(1, column))
        ]
        assert ours == read[row, column].tolist()
        assert (
            window.positions[0][row] == window.taps(0, row)[0]
            and window.positions[1][column] == window.taps(1, column)[0]
        )
    assert tuple(map(len, window.positions)) == window.output_size


def sides(line):
    """The numeric sides of «… = … = …», calculated."""
    symbols = {"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "·": "*", "−": "-"}
    for symbol, meaning in symbols.items():
        line = line.replace(symbol, meaning)
    return [eval(side, {"floor": math.floor, "ceil": math.ceil, "max": max}) for side in line.split(" = ")[1:]]


@given(windows(), st.sampled_from([0, 1]))
def test_the_formula_in_numbers_is_true(window, axis):
    size, *padding = window.formula(axis).splitlines()
    assert sides(size) == [what_tensorflow_reads(window).shape[axis]] * 2
    assert bool(padding) == (window.padding == "same")
    if padding:
        line = padding[0].removeprefix("p₁ + p₂ = ")
        assert sides(line) == [sum(window.pads[axis])] * 3
        assert line.endswith(f"= {window.pads[axis][0]} + {window.pads[axis][1]}")


@pytest.mark.parametrize(
    ("window", "formula"),
    [
        (Window((5, 5), (3, 3), (2, 2), ((1, 1), (1, 1))), "⌊(n + 2p − f)/s⌋ + 1 = ⌊(5 + 2·1 − 3)/2⌋ + 1 = 3"),
        (Window((6, 6), (3, 3), (2, 2), ((0, 1), (0, 1))), "⌊(n + p₁ + p₂ − f)/s⌋ + 1 = ⌊(6 + 0 + 1 − 3)/2⌋ + 1 = 3"),
        (
            Window((7, 7), (3, 3), dilation=(2, 2)),
            "⌊(n + 2p − d(f − 1) − 1)/s⌋ + 1 = ⌊(7 + 2·0 − 2·(3 − 1) − 1)/1⌋ + 1 = 3",
        ),
        (
            Window((6, 6), (3, 3), (2, 2), "same"),
            "⌈n/s⌉ = ⌈6/2⌉ = 3\np₁ + p₂ = max((⌈n/s⌉ − 1)·s + f − n, 0) = max((3 − 1)·2 + 3 − 6, 0) = 1 = 0 + 1",
        ),
    ],
)
def test_formula(window, formula):
    assert window.formula(0) == window.formula(1) == formula


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (((5, 5), (7, 3)), "does not fit: its height is 7, that of the padded input is only 5"),
        (((9, 5), (3, 3), (1, 1), ((0, 0), (0, 1)), (1, 3)), "its width is 7, that of the padded input is only 6"),
        (((5, 5), (3, 3), (0, 1)), r"stride must be \(height, width\), each 1 or more, not \(0, 1\)"),
        (((5, 5), (3, 3), 2), "stride must be .* not 2"),
        (((5, 5), (3, 0)), "kernel must be .* not"),
        (((5, None), (3, 3)), r"input size must be .* not \(5, None\)"),
        (((5, 5), (3, 3), (1, 1), "valid", (1, 1.5)), "dilation must be"),
        (((5, 5), (3, 3), (1, 1), "SAME"), "padding must be 'same', 'valid' or pixels .* not 'SAME'"),
        (((5, 5), (3, 3), (1, 1), ((0, -1), (0, 0))), "padding must be"),
        (((5, 5), (3, 3), (1, 1), 1), "padding must be"),
    ],
)
def test_what_is_no_window(values, message):
    with pytest.raises(EdgezooError, match=message) as raised:
        Window(*values)
    assert "\n" not in str(raised.value)


@pytest.fixture(scope="module")
def network():
    pixels = keras.Input((20, 31, 2), batch_size=1)  # of any batch, the file's dilation is a SPACE_TO_BATCH_ND
    x = keras.layers.Conv2D(3, (4, 3), (2, 3), "same", name="strided")(pixels)
    x = keras.layers.DepthwiseConv2D(3, dilation_rate=2, name="dilated")(x)
    x = keras.layers.MaxPooling2D((2, 3), (1, 2), "same", name="pooled")(x)
    x = keras.layers.Conv2DTranspose(2, 2, 2, name="transposed")(x)
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D(name="global")(x))


WINDOWS = [
    Window((20, 31), (4, 3), (2, 3), "same"),
    Window((10, 11), (3, 3), (1, 1), "valid", (2, 2)),
    Window((6, 7), (2, 3), (1, 2), "same"),
]


def test_windows_of_a_keras_model(network):
    rows = {row.name: row for row in describe(network).rows}
    names = ["strided", "dilated", "pooled"]
    assert [window_of(rows[name]) for name in names] == WINDOWS
    for name, window in zip(names, WINDOWS, strict=True):
        assert network.get_layer(name).output.shape[1:3] == window.output_size
    for name in ("transposed", "global"):
        with pytest.raises(EdgezooError, match=f"'{name}' .* has no window to draw"):
            window_of(rows[name])


def test_windows_of_a_tflite_file(network, tmp_path):
    path = tmp_path / "network.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(network).convert())
    rows = {row.op: row for row in describe(path).rows}
    assert [window_of(rows[op]) for op in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")] == WINDOWS
    with pytest.raises(EdgezooError, match="has no window to draw"):
        window_of(rows["TRANSPOSE_CONV"])


def test_a_window_along_one_axis():
    model = keras.Sequential([keras.Input((30, 2)), keras.layers.Conv1D(4, 5, 2)])
    (row,) = describe(model).rows
    assert window_of(row) == Window((1, 30), (1, 5), (1, 2))


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


def texts_of(figure):
    """Text → its box in pixels, for each text on the page."""
    figure.draw_without_rendering()
    return [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts if text.get_text()]


def assert_readable(figure):
    """No text lies over another one or outside the page."""
    texts = texts_of(figure)
    for text, box in texts:
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
    for (one, box), (other, another) in itertools.combinations(texts, 2):
        assert not box.overlaps(another), (one, other)


@pictures
def test_a_picture_can_be_read(window):
    assert_readable(draw(window, "conv1 · Conv2D"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(windows(size=300, kernel=40, stride=20, dilation=20, pads=30))
def test_a_picture_of_any_window_can_be_read(window):
    assert_readable(draw(window))


@pictures
@pytest.mark.parametrize("suffix", [".svg", ".png", ".gif"])
def test_a_file_of_any_size_is_small(window, suffix, tmp_path):
    path = tmp_path / f"window{suffix}"
    save_picture(window, path, "conv1 · Conv2D")
    assert 1000 < path.stat().st_size < 300_000
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pictures
def test_an_svg_says_the_numbers(window, tmp_path):
    path = tmp_path / "window.svg"
    save_picture(window, path, "<conv> & $pool$")
    texts = ["".join(element.itertext()) for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]
    assert "<conv> & $pool$" in texts
    assert set(window.formula(1).splitlines()) <= set(texts)
    assert f"input {window.input_size[0]} × {window.input_size[1]}" in texts
    assert f"output {window.output_size[0]} × {window.output_size[1]}" in texts
    assert f"n = {window.input_size[1]}" in texts
    if window.output_size[1] > 1:
        assert f"s = {window.stride[1]}" in texts


@pytest.mark.parametrize("suffix", [".svg", ".png", ".gif"])
def test_the_same_window_gives_the_same_file(suffix, tmp_path):
    for name in ("a", "b"):
        save_picture(PICTURES["rectangle"], tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("name", "frames"), [("1x1", 1), ("stride", 9), ("rectangle", 9), ("line", 6), ("7x7 of 224", 36), ("huge", 9)]
)
def test_a_gif_has_a_frame_for_each_output_shown(name, frames, tmp_path):
    animate(PICTURES[name], tmp_path / "window.gif")
    with Image.open(tmp_path / "window.gif") as image:
        assert getattr(image, "n_frames", 1) == frames
        if frames > 1:
            assert image.info["loop"] == 0


def test_the_frames_show_what_tensorflow_reads(tmp_path):
    """Where the colour of the taps is in a frame, and where the pixels that the output depends on are in the input."""
    window = Window((5, 6), (2, 3), (1, 2), ((0, 0), (0, 1)))
    animate(window, tmp_path / "window.gif")
    with Image.open(tmp_path / "window.gif") as image:
        frames = np.stack([frame.convert("RGB") for frame in ImageSequence.Iterator(image)]).astype(int)
    orange = np.abs(frames - (0xF0, 0xAE, 0x1F)).sum(axis=-1) < 10
    orange &= ~orange.all(axis=0)  # the legend
    orange[:, :, int(0.7 * orange.shape[2]) :] = False  # the output
    orange = orange[:, 2:] & orange[:, 1:-1] & orange[:, :-2]  # no lines
    drawn = [box_of(taken) for taken in orange]
    read = [
        box_of(np.isin(np.arange(1, 31).reshape(5, 6), numbers))
        for numbers in what_tensorflow_reads(window).reshape(-1, 6)
    ]
    assert len(drawn) == len(read) == 12
    for place, edge in zip(np.transpose(drawn), np.transpose(read), strict=True):
        cell, corner = np.polyfit(edge, place, 1)
        assert cell > 20 and np.abs(cell * edge + corner - place).max() < 2


def test_another_suffix(tmp_path):
    with pytest.raises(EdgezooError, match=r"\.svg, \.png or \.gif"):
        save_picture(PICTURES["stride"], tmp_path / "window.jpg")
    assert not list(tmp_path.iterdir())


def test_the_arithmetic_needs_no_drawing():
    probe = """
import sys
from edgezoo.explain.convolution import Window
print(Window((5, 5), (3, 3), (2, 2), "same").output_size)
print([name for name in ("matplotlib", "PIL", "tensorflow", "keras") if name in sys.modules])
"""
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).split("\n")[:2] == ["(3, 3)", "[]"]
