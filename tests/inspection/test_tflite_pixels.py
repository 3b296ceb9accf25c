"""Files as other makers write them: what they take for a pixel is known from how they were made."""

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection.metadata import with_metadata
from edgezoo.inspection.tflite_pixels import tflite_pixels

from ..tflite_metadata import described

SHAPE = (4, 4, 3)


def network(x):
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.conv2d(x, tf.ones((2, 2, 3, 5)), 1, "SAME"), (1, 2))


@pytest.fixture(scope="module")
def floats(convert):
    return convert(network, SHAPE)


@pytest.fixture(scope="module")
def quantized():
    """A function from the ends of a range of pixels and a type of input to an int8 file of a network for them."""
    import tensorflow as tf

    from edgezoo.common.quiet import quiet_stderr

    def make(low, high, io):
        function = tf.function(network, input_signature=[tf.TensorSpec((1, *SHAPE))])
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
        rng = np.random.default_rng(0)
        images = [
            np.float32([[[[low] * 3, [high] * 3]]]).repeat(4, 1).repeat(2, 2),
            *rng.uniform(low, high, (9, 1, *SHAPE)),
        ]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([image.astype(np.float32)] for image in images)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.dtypes.as_dtype(io)
        with quiet_stderr():
            return converter.convert()

    return make


@pytest.fixture
def pixels(tmp_path):
    def of(content, **options):
        (tmp_path / "file.tflite").write_bytes(content)
        return tflite_pixels(tmp_path / "file.tflite", **options)

    return of


@pytest.mark.parametrize("io", ["uint8", "int8", "float32"])
@pytest.mark.parametrize("ends", [(0, 255), (0, 1), (-1, 1)])
def test_the_range_is_that_of_the_calibration(io, ends, quantized, pixels):
    found = pixels(quantized(*ends, io))
    assert (found.text, found.known_by) == (f"{ends[0]}..{ends[1]}", "input scale")


@pytest.mark.parametrize("io", ["uint8", "float32"])
def test_a_range_that_is_none_of_the_usual_is_refused(io, quantized, pixels):
    content = quantized(-2.12, 2.64, io)
    with pytest.raises(EdgezooError, match=r"file\.tflite takes values from -2\.1\d* to 2\.6\d*, .* --pixels"):
        pixels(content)
    guessed = pixels(content, guess=True)
    assert guessed.known_by == "assumed"
    assert guessed.values(np.array([[0], [255]])).ravel() == pytest.approx((-2.12, 2.64), abs=0.02)
    assert pixels(described(content, [123.7, 116.3, 103.5], [58.4, 57.1, 57.4])).known_by == "metadata"


@pytest.mark.parametrize(
    ("mean", "std", "text"),
    [
        ([127.5], [127.5], "-1..1"),
        ([0], [1], "0..255"),
        ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375], "mean 123.675,116.28,103.53 std 58.395,57.12,57.375"),
        ([120, 110, 100], [255], "mean 120,110,100 std 255,255,255"),
    ],
)
def test_metadata_say_it(mean, std, text, floats, pixels):
    found = pixels(described(floats, mean, std))
    assert (found.text, found.known_by) == (text, "metadata")
    assert found.mean == pytest.approx(mean, abs=1e-4)


def test_metadata_that_the_input_cannot_hold_are_of_the_integers(quantized, pixels):
    """Some tools write a mean of 0 and a standard deviation of 1 into every file of integers."""
    assert pixels(described(quantized(-1, 1, "uint8"), [0], [1])).text == "-1..1"
    assert pixels(described(quantized(0, 255, "uint8"), [0], [1])).known_by == "metadata"


@pytest.mark.parametrize(("mean", "std"), [([0], [0]), ([], []), ([1, 2], [1, 2, 3]), ([float("nan")], [1])])
def test_metadata_without_sense_are_none(mean, std, floats, pixels):
    assert pixels(described(floats, mean, std)).known_by == "assumed"


@pytest.mark.parametrize("content", [b"", b"M001", bytes(range(256)), b"\x10\0\0\0M001" + b"\xff" * 64])
def test_damaged_metadata_are_none(content, floats, pixels):
    assert pixels(with_metadata(floats, "TFLITE_METADATA", content)).known_by == "assumed"


def behind(front):
    """A network whose first operators the converter cannot fold into the convolution, since it pads."""
    return lambda x: network(front(x))


@pytest.mark.parametrize(
    ("front", "text"),
    [
        (lambda x: x / 127.5 - 1, "0..255"),
        (lambda x: x * 2 - 1, "0..1"),
        (lambda x: 1 - x / 255, "0..255"),
        (lambda x: (x - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225]), "0..1"),
        (lambda x: x - np.float32([103.9, 116.8, 123.7]), "0..255"),
    ],
)
def test_first_operators_of_a_float_file(front, text, convert, pixels):
    for content in (convert(behind(front), SHAPE),):
        found = pixels(content)
        assert (found.text, found.known_by) == (text, "first operators")


def test_what_leaves_it_open(floats, convert, pixels):
    import tensorflow as tf

    assert pixels(floats).known_by == "assumed"
    for front in (lambda x: x * 2 - 1, lambda x: tf.nn.relu(x)):
        # What is read by two operators, or goes through something else before.
        branches = convert(lambda x, front=front: network(front(tf.nn.relu6(x))), SHAPE)
        assert pixels(branches).known_by == "assumed"
    flat = convert(lambda x: x + 1.0, (5,))
    assert pixels(flat).known_by == "assumed"


def test_integers_without_a_scale_are_pixels(edited, convert, quantized, pixels):
    def unscaled(model, schema):
        tensor = model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]]
        tensor.quantization = None

    found = pixels(edited(quantized(-1, 1, "uint8"), unscaled))
    assert (found.text, found.known_by) == ("0..255", "input type")
