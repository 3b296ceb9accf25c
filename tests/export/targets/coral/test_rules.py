"""The rules, against what Coral's compiler did with seven public networks, and against Coral's table limit by limit."""

import contextlib
import itertools

import pytest
from edgetpu_placements import PAIRS, compare, main, networks

from edgezoo.common.errors import EdgezooError
from edgezoo.export.targets.checking import ACCELERATOR
from edgezoo.export.targets.coral.rules import obstacle, table
from edgezoo.export.targets.coral.static import static_check

NETWORKS = networks()
IMAGE = (1, 8, 8, 16)
LARGE = (1, 256, 256, 32)


@pytest.mark.parametrize("source", NETWORKS)
def test_every_operator_is_where_the_compiler_put_it(source):
    graph, mapped = NETWORKS[source]
    assert [placement.where == ACCELERATOR for placement, _ in compare(graph, mapped)] == mapped


def test_the_table_has_all_operators_of_the_pairs_and_its_command_prints_both_rates(capsys):
    assert sum(len(mapped) for _, mapped in NETWORKS.values()) == 234
    main([str(PAIRS)], standalone_mode=False)
    assert "called accelerated: 0 of 10" in capsys.readouterr().out


def test_a_folder_of_twins_is_held_against_the_rules_and_mistakes_are_named(tflite, package, tmp_path, capsys):
    """The second operator, which the rules call mapped, stayed on the CPU; a copy of the pair is not counted."""
    name = "edgetpu-custom-op"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.tflite").write_bytes(tflite(["RELU", "TANH"]))
        made = tflite([name, "TANH"], custom={name: package()})
        (tmp_path / folder / "x_edgetpu.tflite").write_bytes(made)
    main([str(tmp_path)], standalone_mode=False)
    said = capsys.readouterr().out
    assert "1 that the compiler mapped, 1 that it left on the CPU, of 1 networks" in said
    assert "called accelerated: 1 of 1" in said and "a/x_edgetpu.tflite operator 1 TANH: on the CPU" in said
    (tmp_path / "a" / "none").mkdir()
    with pytest.raises(EdgezooError, match="beside"):
        main([str(tmp_path / "a" / "none")], standalone_mode=False)


def test_parameters_are_about_those_that_the_compiler_cached():
    """Bytes in the files' twins; the table does not say which layers have a scale a channel."""
    cached = {"yamnet": 4_042_752, "posenet": 1_386_432, "0.5_160": 1_425_024, "deeplab": 766_720}
    for source, (graph, _) in NETWORKS.items():
        for name, truth in cached.items():
            if name in source:
                assert static_check(graph).memory["cached parameters"]["bytes"] == pytest.approx(truth, rel=0.03)


def _limits():
    """``(what is allowed, what is not, a word of the reason)``: an operator's row each."""
    image = (0, IMAGE)
    axis = lambda *values: (1, (len(values),), "int32", list(values))  # noqa: E731
    large = (3, LARGE)
    weights, bias = (1, (16, 3, 3, 16), "int8", True), (2, (16,), "int32", True)
    convolution = [image, weights, bias]
    return {
        "type": (("ADD", [image, (1, IMAGE)], [large]), ("ADD", [image, (1, IMAGE, "int16")], [large]), "int16"),
        "float": (
            ("QUANTIZE", [image], [(1, IMAGE, "uint8")]),
            ("QUANTIZE", [(0, IMAGE, "float32")], [large]),
            "float32",
        ),
        "batch": (("RELU", [image], [(1, IMAGE)]), ("RELU", [(0, (2, 8, 8, 16))], [(1, (2, 8, 8, 16))]), "2×8×8×16"),
        "unknown": (("RELU6", [image], [large]), ("LEAKY_RELU", [image], [large]), "no operator LEAKY_RELU"),
        "custom": (("RELU", [image], [large]), ("Own", [image], [large], None, 1, True), "no custom operator Own"),
        "dilation": (
            ("CONV_2D", convolution, [large], {"dilationWFactor": 2, "dilationHFactor": 2}),
            ("CONV_2D", convolution, [large], {"dilationWFactor": 2}),
            "unevenly",
        ),
        "weights": (
            ("CONV_2D", convolution, [large]),
            ("CONV_2D", [image, (1, (16, 3, 3, 16)), bias], [large]),
            "computed while",
        ),
        "fused": (
            ("AVERAGE_POOL_2D", [image], [large]),
            ("AVERAGE_POOL_2D", [image], [large], {"fusedActivationFunction": "RELU"}),
            "fused activation",
        ),
        "attention": (
            ("FULLY_CONNECTED", [(0, (1, 49, 32)), (1, (49, 32))], [(2, (49, 49))]),
            ("FULLY_CONNECTED", [(0, (1, 49, 32)), (1, (49, 32), "int16")], [(2, (49, 49))]),
            "int16",
        ),
        "positions": (
            ("FULLY_CONNECTED", [(0, (1, 49, 64)), (1, (8, 64), "int8", True)], [(2, (49, 8))], None, 4),
            ("FULLY_CONNECTED", [(0, (1, 49, 64)), (1, (8, 64), "int8", True)], [(2, (1, 49, 8))], None, 9),
            "of version 9",
        ),
        "version": (
            ("ADD", [image, (1, IMAGE)], [large], None, 2),
            ("ADD", [image, (1, IMAGE)], [large], None, 4),
            "versions up to 2",
        ),
        "tiled": (
            ("TILE", [(0, (1, 1, 1, 128)), axis(1, 33, 33, 1)], [(2, (1, 33, 33, 128))]),
            ("TILE", [image, axis(1, 2, 2, 1)], [(2, (1, 16, 16, 16))]),
            "single pixels",
        ),
        "dilated columns": (
            ("CONV_2D", [image, (1, (16, 3, 1, 16), "int8", True), bias], [large], {"dilationHFactor": 4}),
            ("CONV_2D", [image, (1, (16, 3, 2, 16), "int8", True), bias], [large], {"dilationHFactor": 4}),
            "unevenly",
        ),
        "reduced": (("SUM", [image, axis(1, 2)], [large]), ("SUM", [image, axis(0)], [large]), "the batch"),
        "channels": (
            ("MEAN", [image, axis(-1)], [large]),
            ("MEAN", [(0, (1, 8, 8, 6)), axis(3)], [large]),
            "4 does not divide",
        ),
        "pixels": (
            ("MEAN", [(0, (1, 64, 128, 3)), axis(1, 2)], [large]),
            ("MEAN", [(0, (1, 256, 128, 3)), axis(1, 2)], [large]),
            "32,768 pixels",
        ),
        "packed": (
            ("PACK", [(0, (49, 49)), (1, (49, 49))], [(2, (2, 49, 49))], {"axis": 0}),
            ("PACK", [image, (1, IMAGE)], [(2, (2, *IMAGE))], {"axis": 0}),
            "2×1×8×8×16",
        ),
        "padded": (
            ("PAD", [image, (1, (4, 2), "int32", [0, 0, 1, 1, 1, 1, 0, 0])], [(2, (1, 10, 10, 16))]),
            ("PAD", [(0, (1, 8)), (1, (2, 2), "int32", [1, 1, 0, 0])], [(2, (3, 8))]),
            "the batch",
        ),
        "slopes": (
            ("PRELU", [image, (1, (1, 1, 16), "int8", True)], [large]),
            ("PRELU", [image, (1, (8, 8, 16), "int8", True)], [large]),
            "shared_axes",
        ),
        "reshaped": (
            ("RESHAPE", [(0, (1, 40, 40, 810))], [(1, (1, 14400, 90))]),
            ("RESHAPE", [(0, (1, 80, 80, 546))], [(1, (1, 38400, 91))]),
            "do not fit",
        ),
        "resized": (
            ("RESIZE_BILINEAR", [(0, (1, 64, 64, 32)), axis(128, 128)], [(2, (1, 128, 128, 32))]),
            ("RESIZE_BILINEAR", [(0, (1, 256, 256, 32)), axis(512, 512)], [(2, (1, 512, 512, 32))]),
            "do not fit",
        ),
        "transposed convolution": (
            (
                "TRANSPOSE_CONV",
                [axis(1, 64, 64, 64), (0, (64, 2, 2, 64), "int8", True), (2, (1, 32, 32, 64))],
                [(3, (1, 64, 64, 64))],
            ),
            (
                "TRANSPOSE_CONV",
                [axis(1, 64, 64, 512), (0, (512, 2, 2, 1024), "int8", True), (2, (1, 32, 32, 1024))],
                [(3, (1, 64, 64, 512))],
            ),
            "do not fit",
        ),
        "features": (
            ("UNIDIRECTIONAL_SEQUENCE_LSTM", [(0, (1, 5, 100))], [(1, (1, 5, 32))]),
            ("UNIDIRECTIONAL_SEQUENCE_LSTM", [(0, (1, 5, 1280))], [(1, (1, 5, 32))]),
            "1,280 features",
        ),
        "imprecise": (
            ("RESIZE_BILINEAR", [image, axis(16, 16)], [(2, (1, 16, 16, 16))]),
            ("RESIZE_BILINEAR", [image, axis(9, 9)], [(2, (1, 9, 9, 16))]),
            "precise",
        ),
        "softmax": (
            ("SOFTMAX", [(0, (1, 4, 49, 49))], [(1, (1, 4, 49, 49))]),
            ("SOFTMAX", [(0, (1, 4, 2541, 16))], [large]),
            "16,384",
        ),
        "split": (
            ("SPLIT", [(1, (), "int32", [3]), image], [(2, (1, 8, 8, 8)), (3, (1, 8, 8, 8))]),
            ("SPLIT", [(1, (), "int32", [0]), (0, (2, 8, 8))], [(2, (1, 8, 8)), (3, (1, 8, 8))]),
            "the batch",
        ),
        "sliced": (
            ("STRIDED_SLICE", [image, axis(0, 0, 0, 0), axis(1, 8, 8, 16), (5, (4,), "int32", [1, 2, 2, 1])], [large]),
            ("STRIDED_SLICE", [image, axis(0, 0, 0, 0), axis(1, 8, 8, 16), (5, (4,), "int32", [1, -1, 1, 1])], [large]),
            "negative",
        ),
        "transposed": (
            ("TRANSPOSE", [(0, (1, 22, 22, 144)), axis(0, 3, 1, 2)], [(2, (1, 144, 22, 22))]),
            ("TRANSPOSE", [(0, (1, 40, 40, 65)), axis(0, 3, 1, 2)], [(2, (1, 65, 40, 40))]),
            "104,000 values",
        ),
        "appended": (
            ("CONCATENATION", [image, (1, (4,), "int8", [0, 0, 0, 0])], [large], {"axis": 3}),
            ("CONCATENATION", [image, (1, (4,), "int8", [0, 1, 0, 0])], [large], {"axis": 3}),
            "zeros",
        ),
    }


@pytest.mark.parametrize(("allowed", "other", "word"), _limits().values(), ids=_limits())
def test_limits(network, allowed, other, word):
    graph = network(allowed)
    assert obstacle(graph.operators[0], graph) is None
    graph = network(other)
    found = obstacle(graph.operators[0], graph)
    assert word in f"{found.reason}; {found.remedy}" and "\n" not in found.reason


@pytest.mark.parametrize("op", sorted(table()))
def test_operators_that_lack_what_all_of_their_kind_have_are_one_line(network, op):
    for inputs, outputs in (
        ([], [(9, IMAGE)]),
        ([(0, IMAGE)], []),
        ([(0, ()), (1, (), "int8", True)], [(9, ())]),
        ([None, None, None], [(9, IMAGE)]),
    ):
        with contextlib.suppress(EdgezooError):
            static_check(network((op, inputs, outputs)))


def test_older_runtimes_have_fewer_operators(network):
    graph = network(("TRANSPOSE", [(0, (1, 4, 4, 8)), (1, (4,), "int32", [0, 2, 1, 3])], [(2, (1, 4, 4, 8))]))
    assert "runtime 14" in obstacle(graph.operators[0], graph, runtime=13).reason
    assert {row["runtime"] for row in table().values()} <= set(range(10, 15))


def test_what_the_compiler_reads_nothing_of(network):
    floats = static_check(network(("RELU", [(0, IMAGE, "float32")], [(1, IMAGE, "float32")])))
    assert "float32" in floats.refused and "--quantize int8" in floats.remedy and not floats.operators
    newer = static_check(
        network(("FULLY_CONNECTED", [(0, (1, 8)), (1, (4, 8), "int8", True)], [(2, (1, 4))], None, 12))
    )
    assert "version 12" in newer.refused and "up to 9" in newer.refused


@pytest.mark.parametrize(
    ("op", "weights", "output", "stored"),
    [
        ("CONV_2D", (128, 3, 3, 128), (1, 12, 12, 128), 147_968),
        ("CONV_2D", (100, 1, 1, 3), (1, 8, 8, 100), 128 * 4 + 128 * 4),
        ("DEPTHWISE_CONV_2D", (1, 3, 3, 24), (1, 8, 8, 24), 4 * 9 * 32 + 32 * 4),
        ("FULLY_CONNECTED", (1, 4096), (1, 1), 16 * 4096 + 64),
    ],
)
def test_what_the_chip_stores(network, op, weights, output, stored):
    """By compiled files: inputs in fours, outputs in sixteens and above 64 in 64s, depthwise weights of four bytes."""
    inputs = (1, weights[-1]) if op == "FULLY_CONNECTED" else (*output[:-1], weights[-1])
    layer = (op, [(0, inputs), (1, weights, "int8", True), (2, weights[:1], "int32", True)], [(3, output)])
    assert static_check(network(layer)).memory["cached parameters"]["bytes"] == stored


def test_a_wide_dense_layer_is_streamed_though_there_is_room(network):
    layer = ("FULLY_CONNECTED", [(0, (1, 16_384)), (1, (1, 16_384), "int8", True)], [(2, (1, 1))])
    memory = static_check(network(layer)).memory
    assert memory["cached parameters"]["bytes"] == 0 and memory["streamed parameters"]["bytes"] == 16 * 16_384 + 64


def test_a_size_that_is_computed_while_the_network_runs_is_refused(network):
    reshape = ("RESHAPE", [(0, IMAGE), (1, (2,), "int32")], [(2, (1, 1024))])
    found = static_check(network(("RELU", [(0, IMAGE)], [(3, IMAGE)]), reshape))
    assert "operator 1 (RESHAPE)" in found.refused and "batch 1" in found.remedy


def test_layers_that_do_not_fit_are_streamed_whole(network):
    """As the compiler's log says of one dense layer of 64 MiB: nothing of it is cached."""
    widths = (2048, 1024, 2048, 1024)  # 2 MiB each, and the biases

    def memory_of(widths):
        layers = [
            ("FULLY_CONNECTED", [(n, (1, width)), (9 + n, (units, width), "int8", True)], [(n + 1, (1, units))])
            for n, (width, units) in enumerate(itertools.pairwise(widths))
        ]
        memory = static_check(network(*layers)).memory
        return memory["cached parameters"]["bytes"], memory["streamed parameters"]["bytes"]

    assert memory_of(widths) == (6 * 2**20 + 4 * 4096, 0)
    assert memory_of((4096, *widths[1:])) == (6 * 2**20 + 4 * 3072, 2 * 2**20 + 4 * 1024)
    assert memory_of((8192, 8192)) == (0, 64 * 2**20 + 4 * 8192)
