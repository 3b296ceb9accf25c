"""Files of chosen precisions: what they hold, and how near to the float file they answer."""

import importlib.util

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export.quantizing import PRECISIONS, quantized
from edgezoo.export.ranges import ranges_of
from edgezoo.inspection import read_graph
from edgezoo.inspection.interpreter import make_interpreter

CONV, POOL, RESHAPE, DENSE, SOFTMAX = range(5)


@pytest.fixture(scope="module")
def content(zoo):
    with open(zoo.bars_float32, "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def samples(dataset):
    images = dataset.train.read(np.arange(40)).astype(np.float32)
    return lambda: ({"image": image[None]} for image in images)


@pytest.fixture(scope="module")
def ranges(content, samples):
    return ranges_of(content, samples)


@pytest.fixture(scope="module")
def names(content):
    graph = read_graph(content)
    operators = [operator.op for operator in graph.operators if operator.op != "MUL"]  # of the rescaling
    assert operators == ["CONV_2D", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    return [graph.name_of(operator) for operator in graph.operators if operator.op != "MUL"]


def probabilities(content, images):
    interpreter = make_interpreter(content)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    (scale, zero), (steps, shift) = taken["quantization"], given["quantization"]
    found = []
    for image in images:
        values = image if taken["dtype"] == np.float32 else np.round(image / scale) + zero
        interpreter.set_tensor(taken["index"], values[None].astype(taken["dtype"]))
        interpreter.invoke()
        result = interpreter.get_tensor(given["index"])[0].astype(float)
        found.append(result if given["dtype"] == np.float32 else (result - shift) * steps)
    return np.array(found)


def types(content, name):
    """Operators behind the file's conversions → types of the tensors that they read and write."""
    graph = read_graph(content)
    operator = next(each for each in graph.operators if graph.name_of(each).startswith(name) and "QUANT" not in each.op)
    return [graph.tensors[index].dtype for index in (*operator.inputs, *operator.outputs)]


def test_ranges_are_those_of_an_interpreter_that_keeps_all_tensors(content, ranges, samples):
    graph = read_graph(content)
    computed = [each for each in graph.tensors if each.dtype == "float32" and not each.is_constant]
    assert set(ranges) == {each.name for each in computed}
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    seen = {each.index: [0.0] for each in computed}
    for sample in samples():
        interpreter.set_tensor(graph.inputs[0], sample["image"])
        interpreter.invoke()
        for index in seen:
            values = interpreter.get_tensor(index)
            seen[index] += [values.min(), values.max()]
    for each in computed:
        assert ranges[each.name] == pytest.approx((min(seen[each.index]), max(seen[each.index])), rel=1e-4)


@pytest.mark.parametrize("estimator", ["moving_average", "percentile", "mse"])
def test_the_input_and_what_is_to_be_whole_keep_all_values(content, samples, ranges, names, estimator):
    found = ranges_of(content, samples, estimator, whole={names[CONV]})
    (image,) = [read_graph(content).tensors[index].name for index in read_graph(content).inputs]
    for name in (image, names[CONV]):
        assert found[name] == ranges[name]
    assert found[names[POOL]] != ranges[names[POOL]]


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("io", ["float32", "uint8"])
def test_answers_are_near_to_those_of_the_float_file(content, ranges, dataset, precision, io):
    images = dataset.train.read(np.arange(40, 80)).astype(np.float32)
    expected = probabilities(content, images)
    made = quantized(content, precision, ranges=ranges, io=io)
    graph = read_graph(made)
    assert {graph.tensors[index].dtype for index in (*graph.inputs, *graph.outputs)} == {io}
    assert np.abs(probabilities(made, images) - expected).max() < {"int4_weights": 0.25}.get(precision, 0.06)


def test_an_operator_has_its_own_precision(content, ranges, names):
    choices = {names[CONV]: "int16x8", names[DENSE]: "float32", names[SOFTMAX]: "float32"}
    made = quantized(content, "int8", choices, ranges, io="uint8")
    assert types(made, names[CONV]) == ["int16", "int8", "int64", "int16"]
    assert types(made, names[POOL]) == ["int8", "int8"]
    assert set(types(made, names[DENSE])) == {"float32"}
    assert read_graph(made).tensors[read_graph(made).inputs[0]].scale == (1,)


def test_dense_weights_have_one_scale_where_that_is_asked_for(content, ranges, names):
    for by_channel in (True, False):
        graph = read_graph(quantized(content, "int8", ranges=ranges, per_channel_dense=by_channel))
        (dense,) = [each for each in graph.operators if each.op == "FULLY_CONNECTED"]
        assert len(graph.tensors[dense.inputs[1]].scale) == (6 if by_channel else 1)


def test_int16_comes_out_as_uint8(content, ranges, names, dataset):
    images = dataset.train.read(np.arange(20)).astype(np.float32)
    made = quantized(content, "int8", {names[SOFTMAX]: "int16x8", names[DENSE]: "int16x8"}, ranges, io="uint8")
    assert np.abs(probabilities(made, images) - probabilities(content, images)).max() < 0.06


def test_what_the_quantizer_lacks_stays_float(convert, samples):
    import tensorflow as tf

    def call(images):
        return tf.nn.softmax(tf.nn.leaky_relu(tf.nn.avg_pool2d(images, 4, 4, "SAME")))

    content = convert(call, (12, 12, 1))
    made = read_graph(quantized(content, "int8", ranges=ranges_of(content, samples)))
    (leaky,) = [each for each in made.operators if each.op == "LEAKY_RELU"]
    assert {made.tensors[index].dtype for index in (*leaky.inputs, *leaky.outputs)} == {"float32"}


def test_large_networks_keep_their_weights(convert):
    """Of 256 KiB and more the quantizer stores them behind the flatbuffer."""
    import tensorflow as tf

    weights = np.random.default_rng(0).normal(size=(144, 2400)).astype(np.float32)
    content = convert(lambda images: tf.matmul(tf.reshape(images, (1, 144)), weights), (12, 12, 1))
    made = quantized(content, "int8_weights")
    (stored,) = [each for each in read_graph(made).tensors if each.shape == (2400, 144) and each.is_constant]
    kept = read_graph(made).data(stored.index) * np.array(stored.scale)[:, None]
    np.testing.assert_allclose(kept, weights.T, atol=np.abs(weights).max() / 127)


def test_the_extra_that_is_missing_is_named(content, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EdgezooError, match=r"edgezoo\[quantizer\]"):
        quantized(content, "int8_weights")
