import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection.pixels import parse
from edgezoo.runtime import dequantize, load_runner, quantize
from edgezoo.runtime.shapes import single_image_shape

IMAGES = np.random.default_rng(3).integers(0, 256, (9, 12, 12, 1), np.uint8)


def test_float_file_gives_what_keras_gives(zoo):
    expected = zoo.model.predict(IMAGES.astype("float32"), verbose=0)
    for path in (zoo.keras, zoo.bars_float32):
        scores = load_runner(path).predict(IMAGES)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["bars_int8", "inside", "bars_int16x8"])
def test_quantized_files_give_probabilities_near_those_of_keras(zoo, name):
    expected = zoo.model.predict(IMAGES.astype("float32"), verbose=0)
    np.testing.assert_allclose(load_runner(getattr(zoo, name)).predict(IMAGES), expected, atol=0.06)


def test_uint8_file_takes_the_raw_pixels(zoo):
    """What the interpreter gives for the pixels themselves, with nothing of ours in between."""
    interpreter = Interpreter(zoo.bars_int8)
    interpreter.allocate_tensors()
    (entry,), (end,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(entry["index"], IMAGES[:1])
    interpreter.invoke()
    scale, zero_point = end["quantization"]
    expected = scale * (interpreter.get_tensor(end["index"]).astype(float) - zero_point)
    np.testing.assert_allclose(load_runner(zoo.bars_int8).predict(IMAGES[:1]), expected, rtol=1e-6)


def test_quantize_is_the_reference_kernel(zoo):
    """The first operator of a file with float input and int8 inside is QUANTIZE; TFLite's reference kernel runs it."""
    interpreter = Interpreter(
        zoo.inside, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, experimental_preserve_all_tensors=True
    )
    interpreter.allocate_tensors()
    first = interpreter._get_ops_details()[0]
    assert first["op_name"] == "QUANTIZE"
    (quantized,) = (d for d in interpreter.get_tensor_details() if d["index"] == first["outputs"][0])
    scale, zero_point = quantized["quantization"]
    # Halves of a step above and below zero, values beyond both ends, and anything between.
    steps = np.concatenate([np.arange(-130, 130, 0.5), np.random.default_rng(0).normal(0, 150, 200)])
    pixels = np.resize(np.float32(scale) * steps.astype(np.float32), (5, 12, 12, 1))
    for image in pixels[:, None]:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        expected = interpreter.get_tensor(quantized["index"])
        np.testing.assert_array_equal(quantize(image, np.int8, scale, zero_point), expected)


@given(
    st.sampled_from([np.uint8, np.int8, np.int16]),
    st.floats(1e-4, 10),
    st.integers(-128, 127),
    hnp.arrays(np.float32, 20, elements=st.floats(-1000, 1000, width=32)),
)
def test_quantize_and_back_is_within_half_a_step(dtype, scale, zero_point, values):
    limits = np.iinfo(dtype)
    zero_point = int(np.clip(zero_point, limits.min, limits.max))
    tensor = quantize(values, dtype, scale, zero_point)
    assert tensor.dtype == dtype
    inside = np.clip(values, scale * (limits.min - zero_point), scale * (limits.max - zero_point))
    np.testing.assert_allclose(dequantize(tensor, scale, zero_point), inside, atol=0.5001 * scale, rtol=1e-5)


def test_without_a_scale_the_numbers_are_passed_as_they_are():
    np.testing.assert_array_equal(quantize(IMAGES, np.int32, 0.0, 0), IMAGES)
    with pytest.raises(ValueError, match="do not fit int8"):
        quantize(np.array([0, 255], np.uint8), np.int8, 0.0, 0)


def test_open_sides_take_the_size_that_is_asked_for(zoo):
    images = np.random.default_rng(0).integers(0, 256, (2, 17, 9, 1), np.uint8)
    with_keras, with_tflite = (load_runner(path, image_size=(17, 9)) for path in (zoo.open, zoo.open_float32))
    assert with_keras.input_shape == with_tflite.input_shape == (17, 9, 1)
    np.testing.assert_allclose(with_keras.predict(images), with_tflite.predict(images), atol=1e-5)
    for path in (zoo.open, zoo.open_float32):
        with pytest.raises(EdgezooError, match="images of any size"):
            load_runner(path)


def test_delegated_operators(zoo):
    """XNNPACK takes a small float network whole; int8 AVERAGE_POOL_2D stays behind, and it has no kernel for int16."""
    operators = len(Interpreter(zoo.bars_float32, num_threads=1)._get_ops_details())
    assert load_runner(zoo.bars_float32).delegated == {"operators": operators, "of": operators}
    int8 = load_runner(zoo.bars_int8).delegated
    plain = Interpreter(zoo.bars_int8, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    names = [node["op_name"] for node in plain._get_ops_details()]
    assert "AVERAGE_POOL_2D" in names and int8["of"] == len(names)
    assert 0 < int8["operators"] < len(names)
    assert load_runner(zoo.bars_int16x8).delegated["operators"] == 0
    assert load_runner(zoo.keras).delegated is None


def test_files_that_are_no_models(tmp_path):
    for name, content, words in [
        ("a.tflite", b"hello", "is not a .tflite file"),
        ("a.keras", b"hello", "not a .keras file"),
        ("a.txt", b"hello", "neither a .keras nor a .tflite"),
        ("empty.tflite", b"", "is empty"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(EdgezooError, match=words):
            load_runner(tmp_path / name)
    with pytest.raises(EdgezooError, match="does not exist"):
        load_runner(tmp_path / "none.tflite")


def test_files_that_are_no_image_classifiers(tmp_path, convert):
    (tmp_path / "flat.tflite").write_bytes(convert(lambda x: x + 1.0, (5,)))
    with pytest.raises(EdgezooError, match=r"input has the shape \[1, 5\]"):
        load_runner(tmp_path / "flat.tflite")
    (tmp_path / "two.tflite").write_bytes(convert(lambda x: (x + 1.0, x * 2.0), (4, 4, 1)))
    with pytest.raises(EdgezooError, match="1 inputs and 2 outputs"):
        load_runner(tmp_path / "two.tflite")


def test_raw_pixels_become_what_the_file_takes(zoo):
    values = IMAGES.astype("float32") / 127.5 - 1
    expected = zoo.model.predict(values, verbose=0)
    for path in (zoo.keras, zoo.bars_float32):
        runner = load_runner(path, pixels=parse("-1..1"))
        np.testing.assert_allclose(runner.predict(IMAGES), expected, atol=1e-5)
        runner.set_input(IMAGES[0])
        runner.invoke()


@pytest.mark.parametrize("name", ["bars_int8", "inside", "bars_int16x8"])
def test_they_are_quantized_from_there(zoo, name):
    """By an interpreter loop: files for raw pixels are asked to take others."""
    path = getattr(zoo, name)
    interpreter = Interpreter(path)
    interpreter.allocate_tensors()
    (image,), (scores,) = interpreter.get_input_details(), interpreter.get_output_details()
    runner = load_runner(path, pixels=parse("10,2"))
    for picture in IMAGES[:3]:
        values = (picture[None] - np.float32(10)) / np.float32(2)
        scale, zero_point = image["quantization"]
        if scale:
            limits = np.iinfo(image["dtype"])
            rounded = np.trunc(values / scale + np.copysign(0.5, values))
            values = np.clip(rounded + zero_point, limits.min, limits.max)
        interpreter.set_tensor(image["index"], values.astype(image["dtype"]))
        interpreter.invoke()
        expected = dequantize(interpreter.get_tensor(scores["index"]), *scores["quantization"])
        np.testing.assert_allclose(runner.predict(picture[None]), expected, atol=1e-6)
    assert load_runner(path).pixels.text == "0..255"


def test_an_image_that_is_larger_than_any_is_refused_before_it_is_made():
    assert single_image_shape("a.tflite", (1, 2160, 3840, 3), None) == (2160, 3840, 3)
    with pytest.raises(EdgezooError, match=r"a\.tflite takes images of 100000×100000×3"):
        single_image_shape("a.tflite", (1, -1, -1, 3), (100_000, 100_000))
