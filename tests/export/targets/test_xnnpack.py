"""XNNPACK's table held against what the runtime gives to it, and the reasons that come of the table."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from edgezoo.common.quiet import import_tensorflow, quiet_stderr
from edgezoo.export.quantizing import quantized
from edgezoo.export.targets.xnnpack import check, in_table, why_not
from edgezoo.inspection import read_graph
from edgezoo.runtime.partition import partition

SIZE = (1, 8, 8, 4)
MODES = ("float32", "float16", "dynamic", "int8")
#: Operators that the table has, and that XNNPACK leaves all the same where they exceed its limits, as these do.
BEYOND = {
    ("CONCATENATION", "float"): "six inputs",
    ("CONCATENATION", "int8"): "six inputs",
    ("AVERAGE_POOL_2D", "float"): "a 1x1 window with a stride",
    ("MAX_POOL_2D", "float"): "a 1x1 window with a stride",
    ("MAX_POOL_2D", "int8"): "a 1x1 window with a stride",
    ("QUANTIZE", "int8"): "from uint8 to int8, at the input of files with uint8 at both ends",
    ("SPLIT", "float"): "eight outputs",
    ("SPLIT", "int8"): "eight outputs",
    ("STRIDED_SLICE", "float"): "a stride of two",
    ("STRIDED_SLICE", "int8"): "a stride of two",
}


def operators(image, other):
    """One of each kind of operator, independent of each other, and some beyond the limits of the table."""
    import tensorflow as tf

    random = np.random.default_rng(0)

    def weights(*shape):
        return tf.constant(random.normal(size=shape).astype("float32"))

    one_argument = [
        tf.abs, tf.negative, tf.math.ceil, tf.floor, tf.round, tf.exp, tf.math.log, tf.sqrt, tf.math.rsqrt, tf.square,
        tf.sin, tf.cos, tf.tanh, tf.sigmoid, tf.nn.relu, tf.nn.relu6, tf.nn.elu, tf.nn.leaky_relu, tf.nn.gelu,
        tf.nn.softmax,
    ]  # fmt: skip
    two_arguments = [tf.add, tf.subtract, tf.multiply, tf.divide, tf.maximum, tf.minimum, tf.math.squared_difference]
    both = image + other  # what only moves numbers has their type, and that of a network's input is float
    padding = [[0, 0], [1, 1], [1, 1], [0, 0]]
    return [
        *(operator(image) for operator in one_argument),
        *(operator(image, other) for operator in two_arguments),
        *(pool(image, side, 2, "SAME") for pool in (tf.nn.avg_pool2d, tf.nn.max_pool2d) for side in (1, 2)),
        *(reduce(image, [1, 2]) for reduce in (tf.reduce_mean, tf.reduce_sum, tf.reduce_max, tf.reduce_min)),
        *(tf.reduce_mean(image, axis) for axis in (1, 2, 3)),
        tf.nn.conv2d(image, weights(3, 3, 4, 32), 1, "SAME"),
        tf.nn.depthwise_conv2d(image, weights(3, 3, 4, 1), [1, 1, 1, 1], "SAME"),
        tf.nn.conv2d_transpose(image, weights(3, 3, 6, 4), (1, 16, 16, 6), 2, "SAME"),
        tf.matmul(tf.reshape(image, (64, 4)), weights(4, 5)),
        tf.matmul(image, other, transpose_b=True),
        tf.concat([image, other], 3),
        tf.concat([image, other] * 3, 3),
        *tf.split(both, 4, 3),
        *tf.split(both, 8, 1),
        tf.pad(both, padding),
        tf.pad(both, padding, "REFLECT"),
        both[:, 1:5],
        both[:, ::2, ::2],
        tf.transpose(both, [0, 3, 1, 2]),
        tf.image.resize(both, (16, 16)),
        tf.image.resize(both, (16, 16), "nearest"),
        tf.nn.depth_to_space(both, 2),
        tf.nn.space_to_depth(both, 2),
        tf.gather(both, [1, 0], axis=3),
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory, zoo):
    """Files with one of each kind of operator in each number format, and those of a network."""
    tf = import_tensorflow()
    folder, random = tmp_path_factory.mktemp("operators"), np.random.default_rng(0)
    network = tf.function(operators, input_signature=[tf.TensorSpec(SIZE, name=name) for name in ("image", "other")])
    for mode in MODES:
        with quiet_stderr():
            converter = tf.lite.TFLiteConverter.from_concrete_functions([network.get_concrete_function()], network)
            converter.optimizations = [] if mode == "float32" else [tf.lite.Optimize.DEFAULT]
            if mode == "float16":
                converter.target_spec.supported_types = [tf.float16]
            if mode == "int8":
                converter.representative_dataset = lambda: (
                    [random.uniform(0.1, 1, SIZE).astype("float32") for _ in range(2)] for _ in range(4)
                )
                converter.inference_input_type = converter.inference_output_type = tf.int8
            (folder / f"{mode}.tflite").write_bytes(converter.convert())
    return [*folder.glob("*.tflite"), zoo.bars_float32, zoo.bars_int8]


def test_the_table_has_what_the_runtime_gives_to_xnnpack(files):
    """And nothing else, but for what is beyond its limits."""
    missing, left = set(), set()
    for file in files:
        graph, taken = read_graph(file), set(partition(file)["operators"])
        for operator in graph.operators:
            kind, listed = in_table(operator, graph)
            if operator.index in taken and not listed:
                missing.add((operator.op, kind))
            elif listed and operator.index not in taken:
                left.add((operator.op, kind))
                assert "it exceeds what XNNPACK takes" in why_not(operator, graph)[0] or operator.op == "QUANTIZE"
    assert not missing
    assert left == set(BEYOND)


def test_the_partition_is_that_of_the_runtime(zoo):
    for file in (zoo.bars_float32, zoo.bars_int8, zoo.bars_int16x8, zoo.open_float32):
        found = set(partition(file)["operators"])
        placed = {each.index for each in check(file).operators if each.where == "accelerator"}
        assert placed == found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"op": "AVERAGE_POOL_2D"}, "for float only"),
        ({"op": "GATHER"}, "has no kernel"),
        ({"op": "OWN", "is_custom": True}, "has no kernel"),
        ({"op": "CONV_2D"}, "exceeds what XNNPACK takes of CONV_2D: with a bias"),
    ],
)
def test_reasons(zoo, change, reason):
    graph = read_graph(zoo.bars_int8)
    convolution = next(each for each in graph.operators if each.op == "CONV_2D")
    assert reason in why_not(dataclasses.replace(convolution, **change), graph)[0]


def test_types_that_it_has_no_kernels_for(zoo):
    graph = read_graph(zoo.bars_int16x8)
    reason, remedy = why_not(next(each for each in graph.operators if each.op == "CONV_2D"), graph)
    assert "int16" in reason and "int8" in remedy


def test_advice_is_by_what_the_file_holds(files, zoo):
    notes = {file.stem: " ".join(check(file).notes) for file in files if hasattr(file, "stem")}
    assert "int8 is a quarter of the size" in notes["float32"] and "float16 is half of it" in notes["float32"]
    assert "int8 is half of" in notes["float16"] and "float16 is" not in notes["float16"]
    assert "quantized anew" in notes["dynamic"]
    assert not notes["int8"]


def test_weights_in_fewer_bits(zoo, tmp_path):
    made = {}
    for precision in ("int8_weights", "int4_weights"):
        path = tmp_path / f"{precision}.tflite"
        path.write_bytes(quantized(Path(zoo.bars_float32).read_bytes(), precision))
        made[precision] = check(path)
    assert {each.where for each in made["int8_weights"].operators} == {"accelerator"}
    assert "computes in float32" in made["int8_weights"].notes[0]
    (left,) = [each for each in made["int4_weights"].operators if each.where == "cpu"]
    assert (left.op, left.reason) == ("CONV_2D", "XNNPACK has no CONV_2D of floats with weights of int4")
    assert "quantized anew" in made["int4_weights"].notes[0]
