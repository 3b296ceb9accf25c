"""Networks that are equalized, and whose biases are corrected, before they become integers."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import debug_files
from edgezoo.export import Calibration, export_for_targets, export_model
from edgezoo.inspection import read_graph


def test_what_int8_damages_is_brought_back(uneven, tmp_path):
    (path,) = export_model(uneven.keras, tmp_path / "out", ["int8"], calibration=uneven.calibration, equalize=True)
    assert uneven.top1(uneven.keras) - uneven.top1(path) < 0.002


@pytest.fixture
def calibration(dataset):
    return Calibration.draw(dataset, n=20)


def test_float_files_stay_as_they_are(zoo, dataset, calibration, tmp_path):
    files = [
        {path.name: read_graph(path) for path in export_model(zoo.keras, folder, ["float32", "int8"], **options)}
        for folder, options in (
            (tmp_path / "plain", {"calibration": calibration}),
            (tmp_path / "equal", {"calibration": calibration, "equalize": True, "correct_bias": True}),
        )
    ]
    for name, same in (("bars_float32.tflite", True), ("bars_int8.tflite", False)):
        plain, equal = (each[name] for each in files)
        assert [operator.op for operator in plain.operators] == [operator.op for operator in equal.operators]
        assert plain.signatures == equal.signatures
        kernels = [[each.data(t.index).tobytes() for t in each.tensors if t.is_constant] for each in (plain, equal)]
        assert (kernels[0] == kernels[1]) == same
    records = {
        row["scheme"]: row["calibration"]
        for row in json.loads(Path(tmp_path, "equal", "manifest.json").read_text())["models"]
    }
    assert records["float32"] is None
    assert records["int8"]["equalized_channels"] == 8
    assert records["int8"]["corrected_bias"] is True
    with pytest.raises(EdgezooError, match="was exported with --equalize"):
        debug_files([tmp_path / "equal/bars_int8.tflite"], zoo.keras, dataset)


def test_files_of_several_sizes_have_the_same_weights(zoo, calibration, tmp_path):
    options = {"calibration": calibration, "input_sizes": (12, 20), "equalize": True}
    graphs = [read_graph(path) for path in export_model(zoo.open, tmp_path, ["int8"], **options)]
    kernels = [
        [graph.data(each.index).tobytes() for each in graph.tensors if each.is_constant and each.dtype == "int8"]
        for graph in graphs
    ]
    assert kernels[0] == kernels[1]


def test_targets_get_biases_for_their_own_weights(zoo, calibration, tmp_path):
    folders, failures = export_for_targets(
        zoo.keras, tmp_path, ["tflm", "phone-gpu", "coral"], calibration=calibration, correct_bias=True
    )
    assert not failures
    records = [json.loads((folder / "manifest.json").read_text())["models"][0]["calibration"] for folder in folders]
    assert [record and record["corrected_bias"] for record in records] == [True, None, True]


@pytest.fixture
def run(dataset, tmp_path):
    def call(path, *arguments):
        return CliRunner().invoke(main, ["export", str(path), "-o", str(tmp_path / "out"), *arguments])

    return call


def test_what_cannot_be_equalized_is_said(run, zoo, make_dataset, tmp_path):
    images = tmp_path / "data.npz"
    data = make_dataset(n=60)
    pixels, labels = data.train.read(np.arange(60)), data.train.labels
    np.savez(images, x_train=pixels, y_train=labels, x_test=pixels, y_test=labels)
    model = keras.Sequential([keras.Input((12, 12, 1)), keras.layers.Flatten(), keras.layers.Dense(6)])
    model.save(tmp_path / "flat.keras")
    result = run(tmp_path / "flat.keras", "--data", str(images), "--equalize", "--json")
    assert result.exit_code == 0
    assert "--equalize changes nothing" in result.stderr
    assert json.loads(result.stdout)["models"][0]["calibration"]["equalized_channels"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quantize", "float32", "--equalize"], "are for files whose activations are integers; add --quantize int8"),
        (["--layer", "*=int16x8", "--correct-bias"], "leave it out, or --layer"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message, run, zoo):
    result = run(zoo.keras, *arguments)
    assert result.exit_code == 1
    assert message in result.stderr and result.stderr.count("\n") == 1


def test_a_layer_that_cannot_be_taken_apart_is_named(calibration, tmp_path):
    x = keras.Input((12, 12, 1))
    y = keras.layers.Reshape((12, 12))(x)
    y = keras.layers.MultiHeadAttention(1, 2, name="attends")(y, y)
    keras.Model(x, keras.layers.Dense(6)(keras.layers.Flatten()(y))).save(tmp_path / "model.keras")
    with pytest.raises(EdgezooError, match=r"'attends', a MultiHeadAttention,.*; or leave out --equalize"):
        export_model(tmp_path / "model.keras", tmp_path / "out", ["int8"], calibration=calibration, equalize=True)
