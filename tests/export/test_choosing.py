"""Layers of Keras and operators of their float files; files with layers in precisions of their own."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.export import export_model
from edgezoo.export.choosing import choices_of, layers_of_operators, require_layers
from edgezoo.export.estimators import ESTIMATORS
from edgezoo.export.identity import identity_of
from edgezoo.export.schemes import Source
from edgezoo.inspection import read_graph


@pytest.fixture(scope="module")
def nested():
    """A network in a network, with names that end in numbers, a fused branch and a layer that leaves nothing."""
    image = keras.Input((12, 12, 1), name="image")
    x = layers.Conv2D(4, 3, name="conv", use_bias=False)(image)
    x = layers.BatchNormalization(name="conv_norm")(x)
    x = layers.ReLU(name="conv_1")(x)
    x = layers.SeparableConv2D(4, 3, name="separable")(x)
    inner = keras.Model(image, layers.MaxPooling2D(name="pool")(x), name="backbone")
    image = keras.Input((12, 12, 1))
    x = layers.Dropout(0.5, name="dropout")(layers.Flatten(name="flatten")(inner(image)))
    return keras.Model(image, layers.Dense(3, activation="softmax", name="head_1")(x))


@pytest.fixture(scope="module")
def graph(nested, tmp_path_factory):
    from edgezoo.export.freezing import save_frozen

    folder = tmp_path_factory.mktemp("frozen")
    save_frozen(nested, [(12, 12, 1)], folder, "nested.keras")
    return read_graph(Source(folder).float_file())


def test_operators_are_those_of_their_layers_fused_ones_of_several(nested, graph):
    found = [
        (operator.op, {"/".join(layer.name for layer in path) for path in paths})
        for operator, paths in zip(graph.operators, layers_of_operators(graph, nested), strict=True)
    ]
    assert found == [
        ("CONV_2D", {"backbone/conv", "backbone/conv_1"}),
        ("DEPTHWISE_CONV_2D", {"backbone/separable"}),
        ("CONV_2D", {"backbone/separable"}),
        ("MAX_POOL_2D", {"backbone/pool"}),
        ("RESHAPE", {"flatten"}),
        ("FULLY_CONNECTED", {"head_1"}),
        ("SOFTMAX", {"head_1"}),
    ]


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("conv_1", [0]),
        ("conv", [0]),
        ("separable", [1, 2]),
        ("backbone", [0, 1, 2, 3]),
        ("backbone/p*", [3]),
        ("head_?", [5, 6]),
        ("*", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_pattern_chooses_layers_by_name_and_path(nested, graph, pattern, chosen):
    names = [graph.name_of(operator) for operator in graph.operators]
    assert choices_of([(pattern, "float32")], graph, nested) == {names[index]: "float32" for index in chosen}


def test_a_later_pattern_overrides(nested, graph):
    chosen = choices_of([("*", "int8"), ("head_1", "float32")], graph, nested)
    assert list(chosen.values()) == ["int8"] * 5 + ["float32"] * 2


def test_what_no_layer_is_called_and_what_leaves_no_operator_is_an_error(nested, graph):
    with pytest.raises(EdgezooError, match="unknown layer 'head'; did you mean 'head_1'"):
        require_layers([("head", "int8")], nested)
    with pytest.raises(EdgezooError, match="layer 'dropout' has no operator"):
        choices_of([("dropout", "int8")], graph, nested)


def scales(path):
    return [tensor.scale for tensor in read_graph(path).tensors]


def test_ranges_of_minmax_are_those_of_the_converter(fixed, pictures, tmp_path):
    """Of a network without additions: where one is computed in place, the converter reads the sum for its term."""
    (path,) = export_model(fixed.path, tmp_path, calibration=pictures.calibration, estimator="minmax")
    for mine, its in zip(scales(path), scales(fixed.files["int8"]), strict=True):
        assert mine == pytest.approx(its, rel=1e-5)


def test_a_term_of_a_sum_has_a_range_of_its_own(tmp_path, pictures):
    image = keras.Input((24, 24, 1))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    first, second = (layers.Dense(3, name=name)(x) for name in ("first", "second"))
    model = keras.Model(image, layers.Dense(2)(layers.Add()([first, second])))
    for layer, factor in (("first", 1), ("second", 3)):
        model.get_layer(layer).kernel.assign(factor * np.eye(4, 3))
    model.save(tmp_path / "sum.keras")
    (path,) = export_model(
        tmp_path / "sum.keras", tmp_path / "out", calibration=pictures.calibration, estimator="minmax"
    )
    graph = read_graph(path)
    (total,) = [operator for operator in graph.operators if operator.op == "ADD"]
    terms = sorted(graph.tensors[index].scale[0] for index in total.inputs)
    # The sum is four times the first and a third more than the second.
    assert np.divide(terms, graph.tensors[total.outputs[0]].scale[0]) == pytest.approx([1 / 4, 3 / 4], rel=1e-3)


@pytest.mark.parametrize("estimator", [name for name in ESTIMATORS if name != "minmax"])
def test_an_estimator_gives_another_int8_file_and_is_recorded(fixed, pictures, tmp_path, interpret, estimator):
    (path,) = export_model(fixed.path, tmp_path, calibration=pictures.calibration, estimator=estimator)
    operators = [each.op for each in read_graph(path).operators]
    assert operators == [each.op for each in read_graph(fixed.files["int8"]).operators]
    assert scales(path)[0] == (1,)
    assert scales(path) != scales(fixed.files["int8"])
    expected = fixed.model.predict(pictures.test.astype("float32"), verbose=0)
    assert np.mean(interpret(path, pictures.test).argmax(1) == expected.argmax(1)) >= 0.95
    (entry,) = json.loads((tmp_path / "manifest.json").read_text())["models"]
    assert entry["calibration"] == {**pictures.calibration.record, "estimator": estimator}
    assert identity_of(path)[:2] == ("net", "int8")


def test_the_manifest_of_a_mixed_file_has_its_layers(fixed):
    entries = json.loads((fixed.out / "manifest.json").read_text())["models"]
    (entry,) = [each for each in entries if each["scheme"] == "mixed"]
    assert entry["layers"] == {"precision": "int8", "chosen": {"predictions": "int16x8"}}
    graph = read_graph(fixed.files["mixed"])
    types = [
        graph.tensors[each.inputs[0]].dtype for each in graph.operators if each.op in ("CONV_2D", "FULLY_CONNECTED")
    ]
    assert types == ["int8"] * (len(types) - 1) + ["int16"]
    assert identity_of(fixed.files["mixed"])[:2] == ("net", "mixed")


def test_operators_that_have_no_integer_form_stay_float_and_are_told_of(tmp_path, pictures, capsys):
    image = keras.Input((24, 24, 1))
    x = layers.LeakyReLU(name="leaky")(layers.Conv2D(2, 3, name="conv")(image))
    x = layers.Dense(4, activation="softmax", name="head")(layers.GlobalAveragePooling2D()(x))
    keras.Model(image, x).save(tmp_path / "leaky.keras")
    options = {"calibration": pictures.calibration, "layers": [("head", "int16x8")]}
    (path,) = export_model(tmp_path / "leaky.keras", tmp_path / "out", **options)
    assert (
        "1 operators stayed float32, which ai-edge-quantizer has no integer form of: LEAKY_RELU"
        in capsys.readouterr().err
    )
    assert path.name == "leaky_mixed.tflite"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"layers": [("predictions", "int7")]}, "unknown precision of layers 'int7'"),
        ({"layers": [("prediction", "int8")]}, "unknown layer 'prediction'; did you mean 'predictions'"),
        ({"layers": [("predictions", "int8")], "schemes": ["float16"]}, "unknown precision of layers 'float16'"),
        ({"layers": [("predictions", "int8")], "schemes": ["int8", "int16x8"]}, "give one --quantize"),
        ({"schemes": ["mixed"]}, "name them with --layer"),
        ({"estimator": "best"}, "unknown estimator 'best'"),
    ],
)
def test_choices_that_cannot_be_are_refused_at_once(fixed, pictures, tmp_path, options, why):
    with pytest.raises(EdgezooError, match=why):
        export_model(fixed.path, tmp_path / "out", calibration=pictures.calibration, **options)
    assert not (tmp_path / "out").exists()
