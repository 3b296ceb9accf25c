import itertools
import math
import subprocess
import sys

import keras
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.explain.windows.window import Window, window_of
from edgezoo.inspection import describe

from .examples import what_tensorflow_reads, windows


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


def test_the_arithmetic_needs_no_drawing():
    probe = """
import sys
from edgezoo.explain.windows.window import Window
print(Window((5, 5), (3, 3), (2, 2), "same").output_size)
print([name for name in ("matplotlib", "PIL", "tensorflow", "keras") if name in sys.modules])
"""
    assert subprocess.check_output([sys.executable, "-c", probe], text=True).split("\n")[:2] == ["(3, 3)", "[]"]
