"""The remedies that ``check`` names are heeded on small networks of the same patterns, and work."""

import re
from pathlib import Path

import applications
import pytest
from applications import Files, Form, heeded, outcome

from edgezoo.common.errors import EdgezooError

SIDE = 16
#: Export → target → what is complained of: an operator, or ``None`` for a refusal.
FORMS = [
    ({}, "phone", {"HARD_SWISH", "QUANTIZE", "SOFTMAX"}),
    ({"scheme": "float32", "side": None}, "coral", {None, "HARD_SWISH"}),
    ({"scheme": "dynamic"}, "phone", {"DEPTHWISE_CONV_2D", "HARD_SWISH", "QUANTIZE", "SOFTMAX"}),
    ({"scheme": "dynamic"}, "tflm", {"CONV_2D", "DEPTHWISE_CONV_2D"}),
    ({"io": "int8"}, "browser", {None}),
    ({"io": "float32"}, "ethos-u65-256", {"QUANTIZE", "DEQUANTIZE"}),
]


def small():
    """Parts of MobileNetV3: hard-swish, a depthwise convolution, squeeze-and-excite; wide enough to be quantized."""
    import keras

    image = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Conv2D(128, 3, strides=2, use_bias=False)(image)
    x = keras.layers.Activation("hard_swish")(keras.layers.BatchNormalization()(x))
    x = keras.layers.DepthwiseConv2D(3, activation="hard_swish")(x)
    gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = keras.layers.Multiply()([x, keras.layers.Conv2D(128, 1, activation="sigmoid")(gate)])
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(4, activation="softmax")(x))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applications, "SIDE", SIDE)
        patch.setitem(applications.NETWORKS, "small", small)
        patch.setitem(applications.NETWORKS, "MobileNet 0.25", small)
        yield Files(tmp_path_factory.mktemp("applications"))


def heeds(files, form, target):
    """The operators that were complained of, once it is seen that nothing remains of them."""
    row = outcome(files, form, target)
    assert not [each for each in row["problems"] if each["left"]]
    assert row["after"]["refused"] is None and row["after"]["total"] > 0
    if applications.TARGETS[target].has_accelerator:
        assert row["before"]["refused"] or row["before"]["accelerated"] < row["before"]["total"]
        assert row["after"]["accelerated"] == row["after"]["total"]
    return {each["op"] for each in row["problems"]}


@pytest.mark.parametrize(("export", "target", "complaints"), FORMS)
def test_a_remedy_mends_what_it_is_named_for(files, export, target, complaints):
    if target == "tflm":
        pytest.importorskip("tflite_micro")
    assert heeds(files, Form("small", **{"side": SIDE, **export}), target) == complaints


@pytest.mark.parametrize("target", ["coral", "ethos-u55-128"])
def test_a_resize_that_a_device_lacks_is_mended(files, target):
    form = Form("MobileNet 0.25 behind Resizing", side=4 * SIDE // 3, per_channel_dense=False, changes=("ReLU6",))
    assert heeds(files, form, target) == {"RESIZE_BILINEAR"}


def test_a_remedy_that_was_never_tried_is_an_error():
    with pytest.raises(EdgezooError, match="not tried this remedy: pray"):
        heeded(Form("small"), ["pray"])


def test_the_recipe_of_the_docs_leaves_nothing_smooth(files):
    """The code that docs/targets.md shows, on the network that it is shown on."""
    page = (Path(applications.__file__).parents[1] / "docs" / "targets.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(import keras\n.*?)```", page, re.DOTALL)
    names = {}
    exec(code.replace(".save(", ".count_params() # ("), names)
    network, changed = names["network"], names["changed"]
    activations = [layer.get_config().get("activation") for layer in changed.layers]
    assert "hard_silu" in [layer.get_config().get("activation") for layer in network.layers]
    assert "hard_silu" not in activations and "relu6" in activations
    for before, after in zip(network.get_weights(), changed.get_weights(), strict=True):
        assert (before == after).all()
