"""What is found of a layer, and the causes that follow from it."""

from pathlib import Path

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate.debugger.causes import causes_of
from edgezoo.evaluate.debugger.pairing import layer_names, pairs_of
from edgezoo.evaluate.debugger.weights import bias_of, ratio_of_ranges, require_alike, weights_of
from edgezoo.inspection import read_graph
from edgezoo.inspection.scopes import Scopes

WEIGHTS = {"dtype": "int8", "per_channel": True, "channels": 8, "range_ratio": 2.0, "input_range_ratio": 2.0, "lost": 0}
#: A layer whose noise is the rounding of its values: 0.29 steps.
QUIET = {
    "error": {"sqnr_db": 40.0, "cosine": 0.999, "rms": 0.029},
    "own_error": {"sqnr_db": 42.0, "cosine": 0.999, "rms": 0.029},
    "step": 0.1,
    "steps": 256,
    "steps_used": 200,
    "clipped": 0.0,
    "channel_ranges": [20.0, 22.0, 25.0],
    "channel_ratio": 1.1,
    "weights": WEIGHTS,
    "bias": {"saturated": 0, "overflowing": 0},
}
LOUD = {"own_error": {"sqnr_db": 20.0, "cosine": 0.99, "rms": 0.2}}


@pytest.mark.parametrize(
    ("found", "kinds", "told"),
    [
        ({}, ["output"], "its values are rounded to 256 steps"),
        (LOUD, ["weights"], "its weights are rounded to int8"),
        ({"weights": None, **LOUD}, ["output"], ""),
        ({"clipped": 0.02}, ["clipping"], "2 % of its values lie beyond"),
        ({"steps_used": 17}, ["outliers"], "99.9 % of its values lie in 17 of 256 steps"),
        (
            {"channel_ranges": [0.5, 0.4, 25.0], "channel_ratio": 50.0},
            ["channel_range"],
            "channel 2 reaches 25, 50 times",
        ),
        # 16 bits have enough steps for the smaller channels, too.
        ({"channel_ranges": [0.5, 0.4, 25.0], "channel_ratio": 50.0, "step": 0.001}, ["weights"], ""),
        ({**LOUD, "weights": {**WEIGHTS, "input_range_ratio": 30.0}}, ["weight_range"], "30 times the median one"),
        # Of what the rounding of the values explains, weights are no cause.
        ({"weights": {**WEIGHTS, "input_range_ratio": 30.0}}, ["output"], ""),
        ({**LOUD, "weights": {**WEIGHTS, "range_ratio": 30.0}}, ["weights"], "a scale for each channel does not mind"),
        (
            {**LOUD, "weights": {**WEIGHTS, "per_channel": False, "range_ratio": 300.0, "lost": 3}},
            ["weight_range", "dead_channels"],
            "the weights of its 8 channels share a scale",
        ),
        ({"bias": {"saturated": 1, "overflowing": 2}}, ["bias"], "the bias of 1 channel is cut off"),
        ({"bias": {"saturated": 0, "overflowing": 2}}, ["bias"], "the sums of 2 channels can overflow 32 bits"),
        ({"error": {"sqnr_db": 20.0}}, ["output", "inherited"], ""),
        ({"own_error": {"sqnr_db": None, "rms": 0.0}, "weights": None}, ["inherited"], "it adds none of its own"),
        ({"error": {"sqnr_db": None, "cosine": 1.0, "rms": 0.0}}, [], ""),
        ({"error": None, "own_error": None}, [], ""),
    ],
)
def test_causes_follow_from_what_was_found(found, kinds, told):
    causes = causes_of({**QUIET, **found})
    assert [cause["kind"] for cause in causes] == kinds
    if "mind" not in told:
        assert told in "; ".join(cause["text"] for cause in causes)


def test_the_ratio_of_ranges():
    assert ratio_of_ranges([0, 1, 2, 16]) == 8 and ratio_of_ranges([3, 0]) is None and ratio_of_ranges([]) is None


@pytest.fixture
def dense(zoo):
    """A function from the content of the int8 file to ``(graph, operator, float graph, float operator)`` of a layer."""

    def of(content, op="FULLY_CONNECTED"):
        graphs = [read_graph(content), read_graph(zoo.bars_float32)]
        operators = (next(each for each in graph.operators if each.op == op) for graph in graphs)
        return [part for pair in zip(graphs, operators, strict=True) for part in pair]

    return of


@pytest.mark.parametrize("op", ["FULLY_CONNECTED", "CONV_2D"])
def test_ranges_of_weights_are_those_of_the_model(zoo, dense, op):
    found = weights_of(*dense(Path(zoo.bars_int8).read_bytes(), op))
    kernel = np.abs(zoo.model.layers[1 if op == "CONV_2D" else -1].get_weights()[0])
    kernel = kernel.reshape(-1, kernel.shape[-1]) if op == "FULLY_CONNECTED" else kernel
    ranges = kernel.max(axis=tuple(range(kernel.ndim - 1)))
    assert found["channels"] == len(ranges) and found["lost"] == 0 and found["cosine"] > 0.9999
    # The file's weights may have the scale of the pixels in them: the ratio is the same.
    assert found["range_ratio"] == pytest.approx(ranges.max() / np.median(ranges), rel=1e-4)
    if op == "FULLY_CONNECTED":
        inputs = kernel.max(axis=1)
        assert found["input_range_ratio"] == pytest.approx(inputs.max() / np.median(inputs[inputs > 0]), rel=1e-4)


def with_buffer(edited, content, place, change):
    """The content with other values of an input of its dense layer."""
    graph = read_graph(content)
    index = next(each for each in graph.operators if each.op == "FULLY_CONNECTED").inputs[place]
    values = change(graph.data(index).copy())

    def write(model, schema):
        buffer = model.buffers[model.subgraphs[0].tensors[index].buffer]
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)

    return edited(content, write)


def test_a_bias_at_the_end_of_32_bits_is_seen(zoo, dense, edited):
    content = Path(zoo.bars_int8).read_bytes()
    assert bias_of(*dense(content)[:2]) == {"saturated": 0, "overflowing": 0}

    def change(bias):
        bias[:3] = 2**31 - 1, -(2**31), 2**31 - 1000
        return bias

    assert bias_of(*dense(with_buffer(edited, content, 2, change))[:2]) == {"saturated": 2, "overflowing": 1}


def test_channels_of_nothing_but_zeros_are_counted(zoo, dense, edited):
    def change(weights):
        weights[:2] = 0
        return weights

    assert weights_of(*dense(with_buffer(edited, Path(zoo.bars_int8).read_bytes(), 1, change)))["lost"] == 2


def test_other_weights_are_refused(zoo, dense, edited):
    found = weights_of(*dense(with_buffer(edited, Path(zoo.bars_int8).read_bytes(), 1, lambda weights: -weights)))
    assert found["cosine"] < -0.99
    with pytest.raises(EdgezooError, match=r"layer 'dense' has other weights in a\.tflite than in b\.keras"):
        require_alike("dense", found, "a.tflite", "b.keras")


def names_of(graph):
    return layer_names(graph, Scopes([graph.name_of(each) for each in graph.operators], numbered=True))


def test_operators_are_paired_by_layer(zoo):
    graphs = read_graph(zoo.bars_int8), read_graph(zoo.bars_float32)
    pairs = pairs_of(graphs[0], names_of(graphs[0]), graphs[1], names_of(graphs[1]))
    assert [pair.operator.op for pair in pairs] == [pair.reference.op for pair in pairs]
    assert [pair.layer for pair in pairs][-2:] == ["dense", "output"]
    assert {"QUANTIZE"} & {each.op for each in graphs[0].operators} and "QUANTIZE" not in {p.operator.op for p in pairs}


def test_files_of_other_networks_have_no_layer_in_common(zoo):
    graphs = read_graph(zoo.bars_int8), read_graph(zoo.open_float32)
    other = {index: ("else", *names) for index, names in names_of(graphs[1]).items()}
    with pytest.raises(EdgezooError, match="no layer in common"):
        pairs_of(graphs[0], names_of(graphs[0]), graphs[1], other)
