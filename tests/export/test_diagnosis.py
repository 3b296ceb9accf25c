"""From what the converter says to the layer that stands in the way."""

from types import SimpleNamespace

import keras
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.export.converter_messages import INTEGER, about_operators, from_converter
from edgezoo.export.diagnosis import cause_of, layer_of
from edgezoo.export.freezing import save_frozen


def net(shape=(8, 8, 1), middle=None, **options):
    inputs = keras.Input(shape, **options)
    x = layers.Conv2D(2, 3, name="conv2d")(inputs)
    x = layers.Conv2D(2, 3, name="conv2d_1")(middle(x) if middle else x)
    return keras.Model(inputs, layers.Dense(3, name="scores")(layers.GlobalMaxPooling2D()(x)), name="net")


def test_nodes_of_the_real_graph_belong_to_their_layers(tmp_path, monkeypatch):
    """Names that differ by a number only, and a model inside a model."""
    inner = net(middle=layers.ReLU(name="relu"))
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Dense(2, name="conv2d")(inner(inputs)))
    seen = {}
    monkeypatch.setattr(
        "edgezoo.export.freezing.require_exportable_graph",
        lambda operations, model, name: seen.update({o.name: (o.type, layer_of(o.name, model)) for o in operations}),
    )
    save_frozen(model, [(8, 8, 1)], tmp_path, "net")
    convolutions = [layer.name for kind, layer in seen.values() if kind == "Conv2D"]
    assert convolutions == ["conv2d", "conv2d_1"]
    assert [layer for kind, layer in seen.values() if kind == "Relu"] == [inner.get_layer("relu")]
    assert [layer for kind, layer in seen.values() if kind == "MatMul"] == [
        inner.get_layer("scores"),
        model.get_layer("conv2d"),
    ]


def test_gist_of_the_converters_messages():
    model = net()

    def cause(text, model, graph=None):
        return cause_of(from_converter(text), model, graph)

    def floating(*operators):
        return cause_of(EdgezooError("floats", about_operators(INTEGER, operators)), model)

    text = (
        'Could not translate MLIR to FlatBuffer.<unknown>:0: error: loc(callsite(fused["Erfinv:", '
        '"net_1/conv2d_1_1/erfinv/Erfinv@__inference_pruned_2322"] at callsite(fused["PartitionedCall:", '
        '"PartitionedCall@__inference_s_2327"] at fused["PartitionedCall:", "PartitionedCall"]))): '
        "'tf.Erfinv' op is neither a custom op nor a flex op\n<unknown>:0: note: called from\n"
    )
    assert cause(text, model).startswith("layer 'conv2d_1' (Conv2D) uses Erfinv, which LiteRT")
    assert "layer 'scores' (Dense) uses NEG" in floating(("NEG", "net_1/scores_1/Neg"))
    both = floating(("NEG", "net_1/conv2d_1/Neg"), ("SIN", "net_1/conv2d_1_1/Sin"))
    named = "layer 'conv2d' (Conv2D) uses NEG, layer 'conv2d_1' (Conv2D) uses SIN, which has no such integer form"
    assert both.startswith(named)
    assert floating(("NEG", "tfl.neg")).startswith("the model (at tfl.neg) uses NEG")
    unsupported = "Quantization to 16x8-bit not yet supported for op: 'DEQUANTIZE'."
    assert cause(f"Traceback\n{unsupported}\n", model) == unsupported.rstrip(".")
    tensors = [SimpleNamespace(name=name) for name in ("net_1/conv2d_1_1/Neg", "net_1/scores_1/MatMul")]
    operators = [SimpleNamespace(op=op, outputs=(index,)) for index, op in enumerate(("NEG", "FULLY_CONNECTED"))]
    floats = SimpleNamespace(tensors=tensors, operators=operators)
    assert cause(unsupported, model, floats) == unsupported.rstrip(".")
    named = cause(unsupported.replace("DEQUANTIZE", "NEG"), model, floats)
    assert named.startswith("layer 'conv2d_1' (Conv2D) uses NEG, which has no such integer form")
    assert cause("", model) == "no message"
    assert "\n" not in cause("a\nb\nc", model)
