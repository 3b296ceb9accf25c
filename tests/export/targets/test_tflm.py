"""What TensorFlow Lite Micro makes of files, held against LiteRT's reference kernels and against compilers."""

import importlib.util
import math
import re
import shutil
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRT
from ai_edge_litert.interpreter import OpResolverType

from edgezoo.common import child
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import TARGETS
from edgezoo.inspection import read_graph
from edgezoo.runtime import Worker, load_runner
from edgezoo.runtime.tflm import interpreter as tflm
from edgezoo.runtime.tflm.kernels import has_kernel, resolver_methods

TARGET = TARGETS["tflm"]


def written(tmp_path, data):
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    return path


def content(path):
    return Path(path).read_bytes()


def reference(path, tensors):
    """Answers of LiteRT's reference kernels, one image at a time."""
    interpreter = LiteRT(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    (source,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers = []
    for tensor in tensors:
        interpreter.set_tensor(source["index"], tensor[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(answer["index"]))
    return np.stack(answers)


@pytest.fixture(scope="module")
def images(dataset):
    """500 images: rendered ones, and noise."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 12, 12, 1), np.uint8)
    return np.concatenate([dataset.test.read(np.arange(300)), noise])


def place_of(op, model, schema):
    """The place of the one operator of a kind."""
    codes = [model.operatorCodes[each.opcodeIndex].builtinCode for each in model.subgraphs[0].operators]
    return codes.index(getattr(schema.BuiltinOperator, op))


@pytest.fixture
def up_to(zoo, edited, tmp_path):
    """A function from an operator to a file that ends in what it gets."""

    def cut(op):
        def change(model, schema):
            graph, place = model.subgraphs[0], place_of(op, model, schema)
            graph.outputs = graph.operators[place].inputs[:1]
            graph.operators = graph.operators[:place]
            model.signatureDefs = None

        path = tmp_path / f"up_to_{op}.tflite"
        path.write_bytes(edited(content(zoo.bars_int8), change))
        return path

    return cut


def answers_of(path, tensors):
    with tflm.Interpreter(content(path)) as interpreter:
        return interpreter.infer(tensors)


def rounded_twice(accumulators, multiplier):
    """Accumulators times a real multiplier below 1, as gemmlowp does it: first to 32 bits, then by a shift."""
    fraction, exponent = math.frexp(multiplier)
    products = accumulators * round(fraction * 2**31)
    high = np.trunc((products + np.where(products >= 0, 1 << 30, 1 - (1 << 30))) / 2**31).astype(np.int64)
    return np.copysign(np.floor(np.abs(high) / 2**-exponent + 0.5), high)


def test_it_gives_the_bits_of_the_reference_kernels(zoo, up_to, images):
    """… but in dense layers: LiteRT rounds their sums once, TFLM twice, which is held against its formula."""
    features = answers_of(up_to("FULLY_CONNECTED"), images)
    assert features.dtype == np.int8 and len(np.unique(features)) > 100
    assert np.array_equal(features, reference(up_to("FULLY_CONNECTED"), images))

    logits, expected = (function(up_to("SOFTMAX"), images)[:, 0] for function in (answers_of, reference))
    graph = read_graph(zoo.bars_int8)
    dense = next(each for each in graph.operators if each.op == "FULLY_CONNECTED")
    source, weights, bias, answer = (graph.tensors[index] for index in (*dense.inputs, *dense.outputs))
    sums = (features[:, 0].astype(int) - source.zero_point[0]) @ graph.data(weights.index).T.astype(int)
    sums += graph.data(bias.index)
    for channel, scale in enumerate(weights.scale):
        units = rounded_twice(sums[:, channel], source.scale[0] * scale / answer.scale[0]) + answer.zero_point[0]
        assert np.array_equal(logits[:, channel], np.clip(units, -128, 127))
    assert abs(logits.astype(int) - expected).max() <= 1 and np.mean(logits == expected) > 0.99

    same = (logits == expected).all(axis=1)
    assert np.array_equal(answers_of(zoo.bars_int8, images)[same], reference(zoo.bars_int8, images)[same])


def test_it_is_a_runner(zoo, images):
    with Worker(zoo.bars_int8, runtime=TARGET.run) as runner:
        assert runner.input_shape == (12, 12, 1) and runner.runtime.startswith("tflite-micro 0.")
        scores = runner.predict(images[:20])
        runner.set_input(images[0])
        assert len(runner.time(runs=3, seconds=0)) == 3 and "nothing of a microcontroller" in runner.timing_note
    # XNNPACK may round to the neighbouring step.
    assert scores.dtype == np.float32
    assert abs(scores - load_runner(zoo.bars_int8).predict(images[:20])).max() <= 2 / 256


def test_one_sigmoid_is_two_classes_as_everywhere(convert, tmp_path, images):
    import tensorflow as tf

    def call(image):
        return tf.sigmoid(tf.reduce_mean(image, [1, 2, 3], keepdims=True)[:, 0, 0] / 300 - 0.5)

    path = written(tmp_path, convert(call, (12, 12, 1), "int8"))
    with Worker(path, runtime="tflm") as runner:
        scores = runner.predict(images[:20])
    assert scores.shape == (20, 2) and abs(scores - load_runner(path).predict(images[:20])).max() <= 1 / 256


def test_the_arena_is_the_smallest_that_works(zoo, images):
    check = TARGET.check(zoo.bars_int8)
    arena, expected = check.memory["arena"]["bytes"], reference(zoo.bars_int8, images[:3]).astype(int)
    with tflm.Interpreter(content(zoo.bars_int8)) as interpreter:
        assert abs(interpreter.infer(images[:3], arena) - expected).max() <= 1
        assert not interpreter.works(arena - tflm.ALIGNMENT)
        with pytest.raises(EdgezooError, match=r"missing: \d+"):
            interpreter.allocate(arena - tflm.ALIGNMENT)
    assert abs(check.figures["arena_recorded"] - arena) < 2 * tflm.ALIGNMENT
    assert check.by.startswith("tflite-micro") and check.refused is None
    graph = read_graph(zoo.bars_int8)
    assert [(each.index, each.op, each.where) for each in check.operators] == [
        (each.index, each.op, "cpu") for each in graph.operators
    ]


def test_the_resolver_has_exactly_the_operators_of_the_file(zoo):
    graph = read_graph(zoo.bars_int8)
    names = {each.op.replace("_", "").lower() for each in graph.operators}
    methods = resolver_methods(graph)
    assert {method.removeprefix("Add").lower() for method in methods} == names
    assert len(methods) == len(names)


def test_an_operator_without_a_kernel_runs_nowhere(convert, tmp_path):
    import tensorflow as tf

    path = written(tmp_path, convert(lambda image: tf.nn.gelu(tf.nn.relu(image) - 9) * 2, (6, 6, 1), "int8"))
    check = TARGET.check(path)
    places = {each.op: each for each in check.operators}
    assert (
        places["GELU"].where == "nowhere" and "no kernel" in places["GELU"].reason and "relu" in places["GELU"].remedy
    )
    assert {each.where for each in check.operators if each.op != "GELU"} == {"cpu"}
    for function in (resolver_methods, lambda graph: TARGET.package(path, tmp_path / "out")):
        with pytest.raises(EdgezooError, match="no kernel for GELU"):
            function(read_graph(path))
    assert not (tmp_path / "out").exists()
    with pytest.raises(EdgezooError, match=r"\ATFLM does not run .*: it has no kernel for GELU\.\Z"):
        Worker(path, runtime="tflm")


def test_a_kernel_that_does_not_take_the_type_says_so(convert, tmp_path):
    """What comes behind it is known all the same."""
    import tensorflow as tf

    path = written(
        tmp_path, convert(lambda image: tf.floor(tf.cast(tf.cast(image, tf.float64), tf.float32)), (6, 6, 1))
    )
    check = TARGET.check(path)
    assert all(has_kernel(each) for each in read_graph(path).operators)
    first, *others = check.operators
    assert (first.op, first.where, first.remedy) == ("CAST", "nowhere", "export int8")
    assert "does not take it" in first.reason and "FLOAT64" in first.reason
    assert {each.op: each.where for each in others}["FLOOR"] == "cpu"


def test_what_aborts_the_interpreter_is_one_line(zoo, edited, tmp_path):
    def squeeze(model, schema):
        graph = model.subgraphs[0]
        softmax = graph.operators[place_of("SOFTMAX", model, schema)]
        graph.tensors[softmax.inputs[0]].quantization.scale = [7.8e-9]

    path = written(tmp_path, edited(content(zoo.bars_int8), squeeze))
    (bad,) = [each for each in TARGET.check(path).operators if each.where == "nowhere"]
    assert bad.op == "SOFTMAX" and "SIGABRT" in bad.reason and "train" in bad.remedy
    with pytest.raises(EdgezooError, match=r"\A.*model.tflite cannot be run: .* was ended by SIGABRT.*\Z"):
        Worker(path, runtime="tflm")


def test_what_does_not_end_is_ended(zoo, monkeypatch):
    with tflm.Interpreter(content(zoo.bars_int8)) as interpreter:
        interpreter.allocate()
        monkeypatch.setattr(child, "PATIENCE", 0.1)
        interpreter._child.process.send_signal(signal.SIGSTOP)  # as one in a loop, but surely
        with pytest.raises(EdgezooError, match=r"its process gave no answer within 0.1 seconds"):
            interpreter.allocate()


def test_what_is_refused_as_a_whole(zoo, edited, tmp_path):
    assert "dynamic shapes" in TARGET.check(zoo.open_float32).refused

    def to_float16(model, schema):
        for tensor in model.subgraphs[0].tensors:
            data = model.buffers[tensor.buffer].data
            if data is not None and tensor.type == schema.TensorType.FLOAT32:
                tensor.type = schema.TensorType.FLOAT16
                model.buffers[tensor.buffer].data = 0 * data[: len(data) // 2]

    check = TARGET.check(written(tmp_path, edited(content(zoo.bars_float32), to_float16)))
    assert "float16" in check.refused and check.remedy == "export int8"

    def to_uint8(model, schema):
        for tensor in model.subgraphs[0].tensors:
            if tensor.type == schema.TensorType.INT8:
                tensor.type = schema.TensorType.UINT8
                tensor.quantization.zeroPoint = [128] * len(tensor.quantization.scale)

    check = TARGET.check(written(tmp_path, edited(content(zoo.bars_int8), to_uint8)))
    assert "uint8 throughout" in check.refused and check.remedy == "export int8" and not check.operators


def test_floats_with_weights_of_integers_have_no_kernel(zoo, edited, tmp_path):
    def to_int8(model, schema):
        graph = model.subgraphs[0]
        for operator in graph.operators:
            if model.operatorCodes[operator.opcodeIndex].builtinCode == schema.BuiltinOperator.CONV_2D:
                weights = graph.tensors[operator.inputs[1]]
                weights.type = schema.TensorType.INT8
                model.buffers[weights.buffer].data = model.buffers[weights.buffer].data[: np.prod(weights.shape)]

    path = written(tmp_path, edited(content(zoo.bars_float32), to_int8))
    places = {each.op: each for each in TARGET.check(path).operators}
    assert places["CONV_2D"].where == "nowhere" and "weights of int8" in places["CONV_2D"].reason


def test_without_tflite_micro_the_rules_are_left(zoo, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    check = TARGET.check(zoo.bars_int8)
    assert check.by == "static rules" and {each.where for each in check.operators} == {"cpu"}
    assert "edgezoo[tflm]" in check.notes[0] and list(check.memory) == ["flash"]
    for use in (lambda path: Worker(path, runtime="tflm"), lambda path: TARGET.package(path, "out")):
        with pytest.raises(EdgezooError, match=r"\A.*edgezoo\[tflm\].*\Z"):
            use(zoo.bars_int8)


@pytest.fixture(scope="module")
def packaged(zoo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packaged")
    return folder, TARGET.package(zoo.bars_int8, folder)


def test_sources_say_what_the_file_needs(zoo, packaged):
    folder, made = packaged
    assert sorted(made["files"]) == sorted(path for path in folder.rglob("*") if path.is_file())
    methods = resolver_methods(read_graph(zoo.bars_int8))
    arena = TARGET.check(zoo.bars_int8).memory["arena"]["bytes"]
    sketch = folder / "arduino" / "bars_int8" / "bars_int8.ino"
    for source in (folder / "main.cc", sketch):
        text = source.read_text()
        assert re.findall(r"resolver\.(\w+)\(\)", text) == methods == made["figures"]["operators"]
        assert f"MicroMutableOpResolver<{len(methods)}>" in text and f"kArenaSize = {arena};" in text
    assert "int main()" not in sketch.read_text() and "int main()" in (folder / "main.cc").read_text()
    assert (sketch.with_name("model.cpp")).read_text() == (folder / "model.cc").read_text()
    assert sha256(zoo.bars_int8) in (folder / "model.h").read_text()


@pytest.mark.parametrize(
    "options", [("g++",), ("arm-none-eabi-g++", "-mcpu=cortex-m4"), ("arm-none-eabi-g++", "-mcpu=cortex-m55")]
)
def test_the_array_compiles_to_the_bytes_of_the_file(zoo, packaged, tmp_path, options):
    compiler, *core = options
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    folder, made = packaged
    target, array = tmp_path / "model.o", tmp_path / "array"
    warnings = ["-std=c++17", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *core, *warnings, "-Os", "-c", folder / "model.cc", "-o", target], check=True)
    objcopy = compiler.replace("g++", "objcopy")
    subprocess.run([objcopy, "-O", "binary", "-j", ".rodata*", target, array], check=True)
    assert content(array) == content(zoo.bars_int8)
    if core:
        assert made["figures"]["array"][core[0].partition("=")[2]] == len(content(array))
