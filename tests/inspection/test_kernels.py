"""Tests of what is told of kernels, against LiteRT's interpreter and NumPy."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.export import Calibration, export_model
from edgezoo.inspection.kernels import kernels_of


@pytest.fixture(scope="module")
def pruned(zoo, tmp_path_factory):
    """A ``.keras`` file whose kernels have every other weight zero, and four values in the dense one."""
    model = keras.models.load_model(zoo.keras)
    for layer in model.layers:
        if layer.name in ("conv2d", "dense"):
            kernel, bias = layer.get_weights()
            kernel = np.where(np.arange(kernel.size).reshape(kernel.shape) % 2, kernel, 0)
            if layer.name == "dense":
                kernel = np.sign(kernel) * np.where(np.abs(kernel) > np.median(np.abs(kernel[kernel != 0])), 0.5, 0.25)
            layer.set_weights([kernel, bias])
    path = tmp_path_factory.mktemp("pruned") / "net.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def files(pruned, dataset, tmp_path_factory):
    schemes = ("float32", "float16", "int8", "int4_weights")
    return export_model(pruned, tmp_path_factory.mktemp("bundle"), schemes, calibration=Calibration.draw(dataset))


def test_those_of_a_model(pruned):
    rows = {row["layer"]: row for row in kernels_of(keras.models.load_model(pruned))}
    assert rows["conv2d"]["zeros"] == rows["dense"]["zeros"] == 0.5
    assert rows["conv2d"]["weights"] == 3 * 3 * 8 and rows["conv2d"]["values"] == 3 * 3 * 8 // 2 + 1
    assert rows["dense"]["values"] == 5


@pytest.mark.parametrize("place", (0, 1, 2, 3))
def test_those_of_a_file(files, place):
    interpreter = Interpreter(str(files[place]), experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    stored = {each["name"]: interpreter.get_tensor(each["index"]) for each in interpreter.get_tensor_details()}
    rows = kernels_of(files[place])
    assert rows[0]["weights"] == 3 * 3 * 8 and len(rows) == 2
    for row in rows:
        kernel = stored[row["kernel"]]
        assert row["values"] == len(np.unique(kernel)) and row["zeros"] == np.mean(kernel == 0) >= 0.5


def test_a_zero_is_what_stands_for_it(edited, zoo, tmp_path):
    """A kernel of unsigned integers, as of older converters, has its zero elsewhere."""
    shifted = {}

    def shift(model, schema):
        (graph,) = model.subgraphs
        (operator,) = [each for each in graph.operators if _code(model, each) == schema.BuiltinOperator.CONV_2D]
        kernel = graph.tensors[operator.inputs[1]]
        kernel.quantization.zeroPoint = list(range(len(kernel.quantization.scale)))
        shifted["values"] = np.asarray(model.buffers[kernel.buffer].data, "uint8").view("int8").reshape(kernel.shape)

    path = tmp_path / "shifted.tflite"
    path.write_bytes(edited(Path(zoo.bars_int8).read_bytes(), shift))
    values = shifted["values"]
    expected = np.mean(values == np.arange(len(values)).reshape(-1, 1, 1, 1))
    assert kernels_of(path)[0]["zeros"] == expected


def _code(model, operator):
    return model.operatorCodes[operator.opcodeIndex].builtinCode


def test_a_broken_file(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(b"TFL3")
    with pytest.raises(EdgezooError, match=r"net\.tflite"):
        kernels_of(str(path))


def test_describe_shows_them(files, pruned):
    document = json.loads(CliRunner().invoke(main, ["describe", str(files[2]), "--kernels", "--json"]).stdout)
    assert document["kernels"] == kernels_of(files[2])
    assert 0 < document["gzip_bytes"] < files[2].stat().st_size
    shown = CliRunner().invoke(main, ["describe", str(pruned), "--kernels"]).stdout
    assert "50.0%" in shown and "gzip" in shown
    assert "kernels" not in json.loads(CliRunner().invoke(main, ["describe", str(pruned), "--json"]).stdout)


def test_kernels_are_those_of_the_layers_shown():
    words = ["describe", "strided_s", "--input-shape", "40,40,3", "--kernels", "--json"]
    document = json.loads(CliRunner().invoke(main, words).stdout)
    weights = {row["layer"]: row["weights"] for row in document["kernels"]}
    assert weights["stage1_downsample"] == 3 * 3 * 3 * 16
