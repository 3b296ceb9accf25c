import json
import os
import random
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import SCHEMES, export_model
from edgezoo.export.converter import convert_all
from edgezoo.inspection import read_graph

from ..forked import Forked, run
from ..rendered import shapes
from .conftest import calibration_of, trained

TOLERANCE = {
    **{"float32": 1e-5, "float16": 5e-3, "dynamic": 0.05, "int8": 0.1, "int16x8": 0.05},
    **{"int8_weights": 0.05, "int4_weights": 0.6, "mixed": 0.1},
}
#: Parts of the images that have to be told as Keras tells them.
AGREEMENT = {"int4_weights": 0.85}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_gives_what_keras_gives(scheme, fixed, pictures, interpret):
    expected = fixed.model.predict(pictures.test.astype("float32"), verbose=0)
    answers = interpret(fixed.files[scheme], pictures.test)
    assert np.abs(answers - expected).max() < TOLERANCE[scheme]
    assert np.mean(answers.argmax(1) == expected.argmax(1)) >= AGREEMENT.get(scheme, 0.99)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_names_types_and_operators_of_a_file(scheme, fixed):
    path = fixed.files[scheme]
    assert path.name == f"net_{scheme}.tflite"
    graph = read_graph(path)
    (signature,) = graph.signatures.values()
    assert list(signature["inputs"]) == ["image"]
    assert list(signature["outputs"]) == ["probabilities"]
    ends = [graph.tensors[index] for index in (*graph.inputs, *graph.outputs)]
    assert {tensor.dtype for tensor in ends} == {"uint8" if scheme in ("int8", "mixed") else "float32"}
    assert ends[0].shape_signature == (1, 24, 24, 1)
    assert not any(operator.is_custom for operator in graph.operators)


def test_a_uint8_file_takes_the_raw_pixels(fixed):
    graph = read_graph(fixed.files["int8"])
    image = graph.tensors[graph.inputs[0]]
    assert (image.scale, image.zero_point) == ((1.0,), (0,))


def test_weights_of_int8_are_quantized_per_channel(fixed):
    graph = read_graph(fixed.files["int8"])
    kernels = [graph.tensors[o.inputs[1]] for o in graph.operators if o.op == "CONV_2D"]
    assert [len(kernel.scale) for kernel in kernels] == [kernel.shape[0] for kernel in kernels]
    assert {kernel.dtype for kernel in kernels} == {"int8"}


@pytest.mark.parametrize("side", [24, 31])
def test_float_files_of_a_variable_model_take_any_size(side, variable, interpret):
    images, _ = shapes(20, side, 1, seed=5)
    expected = variable.model.predict(images.astype("float32"), verbose=0)
    for path, tolerance in zip(variable.resizable, (1e-5, 5e-3, 0.05), strict=True):
        graph = read_graph(path)
        assert graph.tensors[graph.inputs[0]].shape_signature == (1, -1, -1, 1)
        assert np.abs(interpret(path, images) - expected).max() < tolerance


def test_quantized_files_of_a_variable_model_are_frozen_at_each_size(variable, interpret):
    assert [path.name for path in variable.sized] == ["any_int8_24.tflite", "any_int8_30.tflite"]
    for path, side in zip(variable.sized, (24, 30), strict=True):
        images, _ = shapes(50, side, 1, seed=6)
        graph = read_graph(path)
        assert graph.tensors[graph.inputs[0]].shape_signature == (1, side, side, 1)
        expected = variable.model.predict(images.astype("float32"), verbose=0)
        assert np.abs(interpret(path, images) - expected).max() < 0.15


def test_a_model_of_any_make(users_model, tmp_path, interpret):
    users_model.save(tmp_path / "user.keras")
    images, _ = shapes(100, 24, 3, seed=2)
    files = export_model(
        tmp_path / "user.keras", tmp_path / "out", ("float32", "int8"), calibration=calibration_of(images), io="float32"
    )
    expected = users_model.predict(images.astype("float32"), verbose=0)
    assert np.abs(interpret(files[0], images) - expected).max() < 1e-5
    assert np.abs(interpret(files[1], images) - expected).max() < 0.1
    assert read_graph(files[0]).signatures["serving_default"]["inputs"].keys() == {"image"}


def test_a_sequential_model(pictures, tmp_path, interpret):
    keras.utils.set_random_seed(2)
    inner = keras.Sequential([layers.Conv2D(6, 3, strides=2, activation="relu"), layers.Conv2D(8, 3, strides=2)])
    ends = [layers.Flatten(), layers.Dense(4, activation="softmax")]
    model = keras.Sequential([keras.Input((24, 24, 1)), layers.Rescaling(1 / 255), inner, *ends])
    trained(model, pictures.train, pictures.train_labels).save(tmp_path / "row.keras")
    files = export_model(
        tmp_path / "row.keras", tmp_path / "out", ("float32", "int8"), calibration=pictures.calibration
    )
    expected = model.predict(pictures.test.astype("float32"), verbose=0)
    for path, tolerance in zip(files, (1e-5, 0.1), strict=True):
        (signature,) = read_graph(path).signatures.values()
        assert (list(signature["inputs"]), list(signature["outputs"])) == (["image"], ["probabilities"])
        answers = interpret(path, pictures.test)
        assert np.abs(answers - expected).max() < tolerance
        assert np.mean(answers.argmax(1) == expected.argmax(1)) >= 0.99


def test_two_inputs_and_two_outputs_keep_the_names_of_their_layers(tmp_path):
    from ai_edge_litert.interpreter import Interpreter

    left, right = keras.Input((8, 8, 1), name="left"), keras.Input((8, 8, 1), name="right")
    x = layers.Flatten()(layers.Concatenate()([left, right]))
    ends = {
        "which": layers.Dense(3, activation="softmax", name="which")(x),
        "how_far": layers.Dense(2, name="how_far")(x),
    }
    model = keras.Model({"left": left, "right": right}, ends)
    model.save(tmp_path / "pair.keras")
    (path,) = export_model(tmp_path / "pair.keras", tmp_path / "out", ["float32"])

    a, b = np.random.default_rng(0).uniform(0, 255, (2, 1, 8, 8, 1)).astype("float32")
    answers = Interpreter(str(path)).get_signature_runner()(left=a, right=b)
    expected = model({"left": a, "right": b})
    assert answers.keys() == expected.keys() == {"which", "how_far"}
    for name, values in answers.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-4, atol=1e-4)
    with pytest.raises(EdgezooError, match="one input"):
        export_model(tmp_path / "pair.keras", tmp_path / "out", calibration=calibration_of(shapes(3, 8)[0]))


def test_files_of_one_model_gather_in_one_manifest(variable):
    manifest = json.loads((variable.out / "manifest.json").read_text())
    names = [path.name for path in (*variable.resizable, *variable.sized)]
    assert [entry["file"] for entry in manifest["models"]] == names
    assert {*names, "example.py", "labels.txt", "README.md"} == {name for name in manifest["files"] if "/" not in name}
    assert all(sha256(variable.out / name) == checksum for name, checksum in manifest["files"].items())
    assert manifest["model"]["sha256"] == sha256(variable.path)
    records = [entry["calibration"] for entry in manifest["models"]]
    assert records[:3] == [None] * 3
    assert "resized_to" not in records[3]
    assert records[4]["resized_to"] == [30, 30]
    assert records[4]["indices"] == list(range(200))


def test_nothing_else_is_left_in_the_folder(fixed, variable):
    for bundle in (fixed, variable):
        manifest = json.loads((bundle.out / "manifest.json").read_text())
        files = {path.relative_to(bundle.out).as_posix() for path in bundle.out.rglob("*") if path.is_file()}
        assert files == {*manifest["files"], "manifest.json"}
        assert {name.partition("/")[0] for name in files} == set(os.listdir(bundle.out))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schemes": ["int9"]}, "int9.*did you mean 'int8'"),
        ({"schemes": []}, "no quantization scheme"),
        ({"schemes": ["float32"], "io": "int16"}, "Received: io='int16'"),
        ({"calibration": None}, "--data"),
        ({"schemes": ["float32", "int16x8"], "calibration": None}, "int16x8: .*--data"),
        ({"calibration": calibration_of(shapes(4, 24, 3)[0])}, "24×24×3, but the model takes 24×24×1"),
        ({"calibration": calibration_of(shapes(4, 25, 1)[0])}, "25×25×1, but the model takes 24×24×1"),
        ({"input_sizes": (32,)}, "--input-size"),
        ({"labels": ["a", "b", "c"]}, "3 lines, but the model tells 4"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_written(options, message, fixed, pictures, tmp_path):
    options = {"calibration": pictures.calibration, **options}
    with pytest.raises(EdgezooError, match=message) as error:
        export_model(fixed.path, tmp_path / "out", **options)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def test_integer_files_of_a_variable_model_need_a_size(variable, pictures, tmp_path):
    with pytest.raises(EdgezooError, match="--input-size"):
        export_model(variable.path, tmp_path / "out", calibration=pictures.calibration)


def test_a_file_where_the_folder_should_be(fixed, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(EdgezooError, match="is a file"):
        export_model(fixed.path, tmp_path / "out", ["float32"])
    assert (tmp_path / "out").read_text() == "mine"


@keras.saving.register_keras_serializable("edgezoo_tests")
class InverseError(keras.layers.Layer):
    def call(self, inputs):
        import tensorflow

        return tensorflow.math.erfinv(inputs)


@pytest.fixture
def converted(monkeypatch):
    """Names of the files whose conversion has ended, well or badly, in order."""
    names = []

    def watched(jobs):
        for job, error in convert_all(jobs):
            names.append(os.path.basename(job.output))
            yield job, error

    monkeypatch.setattr("edgezoo.export.conversion.convert_all", watched)
    return names


def test_a_layer_without_built_in_operators_is_named_once_before_conversion(converted, tmp_path):
    inputs = keras.Input((8, 8, 1))
    outputs = layers.Dense(2)(layers.Flatten()(InverseError(name="odd_one")(inputs)))
    keras.Model(inputs, outputs).save(tmp_path / "odd.keras")
    calibration = calibration_of(shapes(4, 8, 1)[0])
    with pytest.raises(EdgezooError) as error:
        export_model(tmp_path / "odd.keras", tmp_path / "out", ["dynamic", "int8", "float16"], calibration=calibration)
    complaint = "layer 'odd_one' (InverseError) uses Erfinv, which LiteRT's built-in operators lack; replace it."
    assert str(error.value) == f"odd.keras cannot be exported: {complaint}"
    assert converted == ["trial-float32.tflite"]
    assert not (tmp_path / "out").exists()


def test_layers_without_integer_form_are_named_once_before_conversion(converted, tmp_path):
    """Keras' LayerNormalization subtracts by NEG, which LiteRT computes in float only."""
    inputs = keras.Input((8, 8, 4))
    x = layers.Conv2D(3, 3)(layers.LayerNormalization(name="first")(inputs))
    x = layers.Flatten()(layers.LayerNormalization(name="second")(x))
    keras.Model(inputs, layers.Dense(2, activation="softmax")(x)).save(tmp_path / "net.keras")
    calibration = calibration_of(shapes(4, 8, 4)[0])
    with pytest.raises(EdgezooError) as error:
        export_model(tmp_path / "net.keras", tmp_path / "out", ["int8", "float32", "int16x8"], calibration=calibration)
    named = [f"layer '{name}' (LayerNormalization) uses NEG" for name in ("first", "second")]
    complaint = f"as int8 and int16x8: {', '.join(named)}, which has no such integer form in LiteRT; replace it."
    assert str(error.value) == f"net.keras cannot be exported {complaint}"
    assert converted == ["net_float32.tflite", "trial-int8.tflite", "trial-int16x8.tflite"]
    assert not (tmp_path / "out").exists()


def test_one_scheme_that_fails_does_not_take_the_others_along(fixed, tmp_path, monkeypatch):
    """What fails alike is told once; what was asked for first comes first, whatever was converted first."""

    def partly(jobs):
        yield from convert_all(job for job in jobs if job.scheme == "float32")
        yield from ((job, EdgezooError("out of luck")) for job in jobs if job.scheme != "float32")

    monkeypatch.setattr("edgezoo.export.conversion.convert_all", partly)
    complaint = "could not convert net_dynamic.tflite and net_float16.tflite: out of luck; written: net_float32.tflite."
    with pytest.raises(EdgezooError) as error:
        export_model(fixed.path, tmp_path / "out", ["dynamic", "float32", "float16"])
    assert str(error.value) == complaint
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [entry["file"] for entry in manifest["models"]] == ["net_float32.tflite"]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_ended_at_any_moment_it_leaves_whole_files_or_none(end, fixed, tmp_path):
    """Five moments each, drawn from a fixed seed, over the time that a whole export takes."""
    code = (
        "import numpy, sys; from edgezoo.export import Calibration, export_model\n"
        "images = numpy.random.default_rng(0).integers(0, 256, (200, 24, 24, 1)).astype('uint8')\n"
        "export_model(sys.argv[1], sys.argv[2], ('float32', 'int8'), calibration=Calibration(images, {}))"
    )
    command = [sys.executable, "-c", code, str(fixed.path)]
    start = time.monotonic()
    run([*command, tmp_path / "whole"], check=True)
    duration = time.monotonic() - start

    moments = random.Random(0)
    for attempt in range(5):
        out = tmp_path / f"out{attempt}"
        process = Forked([*command, out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.3, 1) * duration)
        process.send_signal(end)
        process.wait()
        names = [name for name in os.listdir(out) if not name.startswith(".tmp-")] if out.exists() else []
        for name in names:
            if name.endswith(".tflite"):
                read_graph(out / name)
        if "manifest.json" in names:
            files = json.loads((out / "manifest.json").read_text())["files"]
            assert all(sha256(out / name) == checksum for name, checksum in files.items())
        if end == signal.SIGINT and out.exists():
            assert sorted(names) == sorted(os.listdir(out)), "the staging folder was left behind"
        elif out.exists():
            export_model(fixed.path, out, ["float32"])
            assert not [name for name in os.listdir(out) if name.startswith(".tmp-export-")]


@pytest.mark.slow
def test_a_keras_application(tmp_path, interpret):
    keras.utils.set_random_seed(0)
    body = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, include_top=False, weights=None, pooling="avg")
    inputs = keras.Input((96, 96, 3))
    x = body(layers.Rescaling(1 / 127.5, -1)(inputs))
    model = keras.Model(inputs, layers.Dense(5, activation="softmax")(x))
    model.save(tmp_path / "mobile.keras")
    images, _ = shapes(20, 96, 3)
    paths = export_model(
        tmp_path / "mobile.keras", tmp_path / "out", ("float32", "int8"), calibration=calibration_of(images)
    )
    expected = model.predict(images.astype("float32"), verbose=0)
    assert np.abs(interpret(paths[0], images) - expected).max() < 1e-5
    assert np.abs(interpret(paths[1], images) - expected).max() < 0.05


def test_calibration_is_recorded_as_it_was_drawn(fixed, pictures):
    manifest = json.loads((fixed.out / "manifest.json").read_text())
    by_scheme = {entry["scheme"]: entry["calibration"] for entry in manifest["models"]}
    assert by_scheme["int8"] == by_scheme["int16x8"] == pictures.calibration.record
    assert by_scheme["float32"] is by_scheme["float16"] is by_scheme["dynamic"] is None
