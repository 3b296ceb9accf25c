"""What the child does, run in this process: no start of another TensorFlow for each case."""

import dataclasses

import keras
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis.extra import numpy as arrays

from edgezoo.common.errors import EdgezooError
from edgezoo.export.converter import Job
from edgezoo.export.converter_process import convert, full_range
from edgezoo.export.freezing import save_frozen
from edgezoo.export.schemes import IO_TYPES, SCHEMES
from edgezoo.export.verification import verify
from edgezoo.inspection import read_graph


@pytest.fixture(scope="module")
def frozen(fixed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    save_frozen(fixed.model, [(24, 24, 1)], folder, "net")
    return folder


@pytest.mark.parametrize("io", IO_TYPES)
def test_ends_of_an_int8_file_on_dark_images(io, fixed, frozen, pictures, interpret, tmp_path):
    """Calibrated on images that leave out both ends of the range, the input still spans 0 to 255."""
    np.save(tmp_path / "images.npy", pictures.train // 2 + 10)
    convert(Job(str(frozen), "int8", io, str(tmp_path / "images.npy"), str(tmp_path / "file.tflite")))
    graph = read_graph(tmp_path / "file.tflite")
    ends = [graph.tensors[index] for index in (*graph.inputs, *graph.outputs)]
    assert {tensor.dtype for tensor in ends} == {io}
    if io != "float32":
        assert (ends[0].scale, ends[0].zero_point) == ((1.0,), (0 if io == "uint8" else -128,))
    expected = fixed.model.predict(pictures.test.astype("float32"), verbose=0)
    answers = interpret(tmp_path / "file.tflite", pictures.test)
    assert np.mean(answers.argmax(1) == expected.argmax(1)) >= 0.97


def test_a_loop_converts(tmp_path, interpret):
    """Recurrent layers are a While, which TensorFlow counts as stateful, and a built-in WHILE in the file."""
    inputs = keras.Input((6, 6, 1))
    model = keras.Model(inputs, keras.layers.LSTM(4)(keras.layers.Reshape((6, 6))(inputs)))
    save_frozen(model, [(6, 6, 1)], tmp_path / "frozen", "loop")
    convert(Job(str(tmp_path / "frozen"), "float32", "uint8", None, str(tmp_path / "loop.tflite")))
    images = np.random.default_rng(0).integers(0, 3, (5, 6, 6, 1), "uint8")
    expected = model.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(interpret(tmp_path / "loop.tflite", images), expected, atol=1e-5)


def test_a_file_of_any_size_runs_at_one_that_its_network_can_take(tmp_path, interpret):
    """Without padding, 32×32 pixels are too few for four halvings by 5×5 convolutions."""
    layers = [keras.layers.Conv2D(2, 5, strides=2) for _ in range(4)]
    model = keras.Sequential([keras.Input((None, None, 1)), *layers, keras.layers.GlobalAveragePooling2D()])
    save_frozen(model, [(None, None, 1)], tmp_path / "frozen", "valid")
    convert(Job(str(tmp_path / "frozen"), "float32", "uint8", None, str(tmp_path / "valid.tflite")))
    images = np.random.default_rng(0).integers(0, 3, (2, 70, 90, 1), "uint8")
    expected = model.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(interpret(tmp_path / "valid.tflite", images), expected, atol=1e-5)


def test_a_file_that_runs_at_no_size_is_refused(variable, monkeypatch):
    sides = []

    def invoke(content, number, side):
        sides.append(side)
        raise RuntimeError("too\nsmall")

    monkeypatch.setattr("edgezoo.export.verification._invoke", invoke)
    with pytest.raises(EdgezooError, match="LiteRT does not run the file: too small"):
        verify(variable.resizable[0].read_bytes(), SCHEMES["float32"], "uint8")
    assert sides == [32, 64, 128, 256, 512]


def only(value, corner, elsewhere):
    """Images of one value but for one corner of the first."""
    images = np.full((3, 4, 4, 2), elsewhere, np.uint8)
    images[0, corner, corner] = value
    return images


@example(only(0, -1, elsewhere=1))
@example(only(255, 0, elsewhere=1))
@given(arrays.arrays(np.uint8, (3, 4, 4, 2)))
def test_full_range_sets_two_pixels_at_most(images):
    spanned = full_range(images.copy())
    assert (spanned.min(), spanned.max()) == (0, 255)
    changed = (spanned != images).any(-1)
    assert changed.sum() <= 2
    if images.min() == 0 and images.max() == 255:
        assert not changed.any()


def test_a_float_file_is_no_int8_file(fixed):
    content = fixed.files["float32"].read_bytes()
    verify(content, SCHEMES["float32"], "uint8")
    with pytest.raises(EdgezooError, match="came out as float32, not uint8"):
        verify(content, SCHEMES["int8"], "uint8")
    with pytest.raises(EdgezooError, match=r"CONV_2D at .* has no integer form") as error:
        verify(content, SCHEMES["int8"], "float32")
    assert str(error.value).count("CONV_2D at") == 2


def test_a_custom_operator_is_refused(fixed, monkeypatch):
    graph = read_graph(fixed.files["float32"])
    strange = dataclasses.replace(graph.operators[0], op="FlexErfinv", is_custom=True)
    monkeypatch.setattr(
        "edgezoo.export.verification.read_graphs",
        lambda content: {0: dataclasses.replace(graph, operators=(strange, *graph.operators[1:]))},
    )
    with pytest.raises(EdgezooError, match="not built-in: FlexErfinv"):
        verify(b"", SCHEMES["float32"], "uint8")


def test_a_full_disk_is_told_with_the_name_behind_the_staging_folder(frozen, tmp_path):
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging" / "net_float32.tflite").symlink_to("/dev/full")
    with pytest.raises(EdgezooError, match=rf"^{tmp_path}/net_float32.tflite cannot be written: no space is left"):
        convert(Job(str(frozen), "float32", "uint8", None, str(tmp_path / "staging" / "net_float32.tflite")))
