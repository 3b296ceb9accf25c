"""Minimum pooling on the way to a device: what runtimes and compilers make of its int8 file."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgezoo.evaluate import load_runner
from edgezoo.export import Calibration, export_model
from edgezoo.inspection import read_graph
from edgezoo.zoo import MinPooling2D, PooledCNN

from .rendered import shapes


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """int8 files of a network of the zoo, and of the layer alone between two convolutions with ReLU."""
    folder = tmp_path_factory.mktemp("min")
    keras.utils.set_random_seed(0)
    PooledCNN((16, 16, 1), classes=4, filters=(4, 8), pooling="min", units=()).save(folder / "network.keras")
    inputs = keras.Input((16, 16, 1))
    x = keras.layers.Conv2D(4, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    x = keras.layers.Conv2D(4, 3, activation="relu")(MinPooling2D(2)(x))
    keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(keras.layers.Flatten()(x))).save(
        folder / "behind_relu.keras"
    )
    calibration = Calibration(shapes(100, side=16)[0], {"rendered": True})
    names = ("network", "behind_relu")
    return {name: export_model(folder / f"{name}.keras", folder / name, calibration=calibration)[0] for name in names}


@pytest.fixture(params=["network", "behind_relu"])
def int8_file(request, exported):
    return exported[request.param]


#: Built-ins that the Edge TPU compiler maps in int8; pooling must have no fused activation for it.
EDGE_TPU = {"QUANTIZE", "CONV_2D", "MAX_POOL_2D", "MUL", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"}


def test_its_operators_are_int8_built_ins_that_the_edge_tpu_takes(int8_file):
    graph = read_graph(int8_file)
    assert {operator.op for operator in graph.operators} <= EDGE_TPU
    pools = [operator for operator in graph.operators if operator.op == "MAX_POOL_2D"]
    assert pools
    assert {pool.options["fusedActivationFunction"] for pool in pools} == {"NONE"}
    inside = [graph.tensors[t].dtype for operator in graph.operators[:-1] for t in operator.outputs]
    assert set(inside) == {"int8"}


def test_xnnpack_takes_all_of_it_but_the_ends(int8_file):
    graph = read_graph(int8_file)
    left_to_litert = sum(operator.op in ("QUANTIZE", "SOFTMAX") for operator in graph.operators)
    delegated = load_runner(int8_file).delegated
    assert delegated["of"] == len(graph.operators)
    assert delegated["operators"] >= delegated["of"] - left_to_litert


@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u65-256", "ethos-u85-256"])
def test_vela_places_all_of_it_on_the_ethos_u(int8_file, accelerator, tmp_path):
    """Vela exits with 0 whatever falls back, so what is left in its output file is counted."""
    vela = Path(sys.executable).with_name("vela")
    command = [vela, int8_file, "--accelerator-config", accelerator, "--output-dir", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    (compiled,) = tmp_path.glob("*_vela.tflite")
    assert [operator.op for operator in read_graph(compiled).operators] == ["ethos-u"]


TFLM = """
import sys
import numpy as np
from tflite_micro import runtime
model, images, answers = sys.argv[1:]
interpreter = runtime.Interpreter.from_file(model, arena_size=200_000)
out = []
for image in np.load(images):
    interpreter.set_input(image[None], 0)
    interpreter.invoke()
    out.append(interpreter.get_output(0)[0])
np.save(answers, np.stack(out))
"""


def test_tflm_gives_what_litert_gives(int8_file, tmp_path):
    """… to the bit, but for softmax, whose kernels may round to the neighbouring step."""
    images, _ = shapes(50, side=16, seed=5)
    np.save(tmp_path / "images.npy", images)
    arguments = [int8_file, tmp_path / "images.npy", tmp_path / "answers.npy"]
    subprocess.run([sys.executable, "-c", TFLM, *map(str, arguments)], check=True, capture_output=True)
    reference = Interpreter(str(int8_file), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    reference.allocate_tensors()
    expected = []
    for image in images:
        reference.set_tensor(reference.get_input_details()[0]["index"], image[None])
        reference.invoke()
        expected.append(reference.get_tensor(reference.get_output_details()[0]["index"])[0])
    difference = np.load(tmp_path / "answers.npy").astype(int) - np.array(expected, int)
    assert abs(difference).max() <= 1
    assert np.mean(difference == 0) > 0.97


def test_int8_is_within_a_step_of_the_definition(tmp_path):
    """The layer with nothing around it: the minimum of the pixels, to half a step of the output's scale."""
    inputs = keras.Input((8, 8, 3))
    keras.Model(inputs, MinPooling2D(2)(inputs)).save(tmp_path / "alone.keras")
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype="uint8")
    (path,) = export_model(tmp_path / "alone.keras", tmp_path, calibration=Calibration(images, {}))
    graph = read_graph(path)
    step = graph.tensors[graph.outputs[0]].scale[0]
    answers = load_runner(path).predict(images).reshape(60, 4, 4, 3)
    expected = images.reshape(60, 4, 2, 4, 2, 3).min(axis=(2, 4))
    assert abs(answers - expected).max() <= 1.5 * step
