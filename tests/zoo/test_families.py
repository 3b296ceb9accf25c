"""All families in one parameterized test, in the manner of keras.applications, and what is particular to each."""

import keras
import numpy as np
import pytest

from edgezoo.inspection.graph import read_graph
from edgezoo.zoo import FeedForward, GlobalPoolCNN, PooledCNN, StridedCNN
from edgezoo.zoo.layers import BlurPooling2D, MinPooling2D

CONVOLUTIONAL = [PooledCNN, StridedCNN, GlobalPoolCNN]
FAMILIES = [FeedForward, *CONVOLUTIONAL]


def images(shape, n=2, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape)).astype("float32")


def layer_types(model):
    return {type(layer) for layer in model.layers}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("family", FAMILIES)
def test_gives_probabilities_of_raw_pixels(family, channels):
    model = family((20, 24, channels), classes=7)
    probabilities = np.asarray(model(images((20, 24, channels))))
    assert probabilities.shape == (2, 7)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert isinstance(model, keras.Model)
    assert [layer.scale for layer in model.layers if isinstance(layer, keras.layers.Rescaling)] == [1 / 255]


@pytest.mark.parametrize("family", FAMILIES)
def test_without_the_top_and_without_softmax(family):
    assert family((16, 16, 3), include_top=False).output_shape != (None, 10)
    logits = np.asarray(family((16, 16, 3), classifier_activation=None)(images((16, 16, 3))))
    assert not np.allclose(logits.sum(axis=1), 1)


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_come_from_a_file(family, tmp_path):
    one = family((12, 12, 1))
    one.save_weights(tmp_path / "one.weights.h5")
    two = family((12, 12, 1), weights=tmp_path / "one.weights.h5")
    np.testing.assert_array_equal(one(images((12, 12, 1))), two(images((12, 12, 1))))
    with pytest.raises(ValueError, match=r"`weights` .*Received: weights='imagenet'"):
        family((12, 12, 1), weights="imagenet")


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("separable", [False, True])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("normalization", ["batch", None])
@pytest.mark.parametrize("family", CONVOLUTIONAL)
def test_options_combine(family, normalization, residual, separable, padding):
    model = family(
        (64, 64, 2),
        filters=(4, 6),
        blocks=(1, 2),
        padding=padding,
        dilation=2,
        normalization=normalization,
        residual=residual,
        separable=separable,
        activation="relu6",
    )
    assert np.isfinite(np.asarray(model(images((64, 64, 2))))).all()
    types = layer_types(model)
    assert (keras.layers.BatchNormalization in types) == (normalization == "batch")
    assert (keras.layers.Add in types) == residual
    assert (keras.layers.DepthwiseConv2D in types) == separable
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert {c.padding for c in convolutions if c.kernel_size != (1, 1)} == {padding}
    assert any(layer.dilation_rate == (2, 2) for layer in model.layers if hasattr(layer, "dilation_rate"))


def kernels(model):
    """Kernel sizes of the convolutions by layer name, depthwise ones included."""
    return {
        c.name: c.kernel_size
        for c in model.layers
        if isinstance(c, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D))
    }


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("family", CONVOLUTIONAL)
def test_expansion_with_a_shortcut_is_mobilenet_v2s_block(family, padding):
    model = family(
        (32, 32, 2), filters=(6, 6), blocks=2, strides=1, separable=True, residual=True, expansion=4, padding=padding
    )
    name = "stage2_block2_b"
    parts = ["expand", "depthwise", "pointwise"]
    assert [model.get_layer(f"{name}_{part}").output.shape[-1] for part in parts] == [24, 24, 6]
    shortcut = model.get_layer("stage2_block2_add").input[1]
    assert shortcut.shape[1:] == model.get_layer("stage2_block2_add").output.shape[1:]
    assert np.isfinite(np.asarray(model(images((32, 32, 2))))).all()


def test_expansion_needs_separable_convolutions():
    with pytest.raises(ValueError, match=r"`expansion` .*separable=True.*Received: expansion=2"):
        StridedCNN((16, 16, 1), expansion=2)


@pytest.mark.parametrize("family", CONVOLUTIONAL)
def test_the_stem_has_a_kernel_of_its_own(family):
    sizes = list(kernels(family((28, 28, 1), stem_kernel_size=5, residual=True)).values())
    assert sizes[0] == (5, 5)
    assert (5, 5) not in sizes[1:]


def test_squeeze_excite_weighs_channels_by_their_means():
    model = StridedCNN((8, 8, 3), filters=(4,), blocks=2, strides=1, squeeze_excite=True, include_top=False)
    layer = {part: model.get_layer(f"stage1_block2_{part}") for part in ("reduce", "excite", "scale", "norm")}
    before = np.asarray(keras.Model(model.input, layer["norm"].output)(images((8, 8, 3))))
    after = np.asarray(keras.Model(model.input, layer["scale"].output)(images((8, 8, 3))))
    (reduce, bias1), (excite, bias2) = (layer[part].get_weights() for part in ("reduce", "excite"))
    hidden = np.maximum(before.mean(axis=(1, 2)) @ reduce[0, 0] + bias1, 0)
    gate = 1 / (1 + np.exp(-(hidden @ excite[0, 0] + bias2)))
    np.testing.assert_allclose(after, before * gate[:, None, None], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"squeeze_excite": True},
        {"separable": True, "residual": True, "expansion": 3},
        {"downsampling": "blur"},
    ],
    ids=lambda options: "+".join(options),
)
def test_all_of_it_is_int8_on_built_in_operators(options, int8_file):
    _, path = int8_file(GlobalPoolCNN((16, 16, 3), filters=(8, 8), blocks=2, **options))
    graph = read_graph(path)
    inner = [tensor.dtype for tensor in graph.tensors if len(tensor.shape) == 4]
    assert set(inner) <= {"int8", "uint8"}
    assert {operator.op for operator in graph.operators} <= {
        "QUANTIZE", "CONV_2D", "DEPTHWISE_CONV_2D", "MEAN", "LOGISTIC", "MUL", "ADD", "FULLY_CONNECTED", "SOFTMAX",
    }  # fmt: skip


def test_residual_block_starts_at_the_sum_of_its_branches():
    """With the second branch's last normalization scaled by zero, the block is its shortcut."""
    model = PooledCNN((8, 8, 4), filters=(4,), residual=True, include_top=False, activation="linear", strides=1)
    gamma = model.get_layer("stage1_block1_b_norm").gamma
    gamma.assign(np.zeros_like(gamma))
    body = keras.Model(model.input, model.get_layer("stage1_block1_add").output)
    np.testing.assert_allclose(body(images((8, 8, 4))), images((8, 8, 4)) / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("pooling", "layer"),
    [
        ("max", keras.layers.MaxPooling2D),
        ("average", keras.layers.AveragePooling2D),
        ("min", MinPooling2D),
        ("blur", BlurPooling2D),
    ],
)
def test_pooled_cnn_downsamples_by_pooling_alone(pooling, layer):
    model = PooledCNN((28, 28, 1), pooling=pooling, pool_size=3, strides=(2, 1, 2))
    pools = [found for found in model.layers if isinstance(found, layer)]
    assert [(p.pool_size, p.strides) for p in pools] == [((3, 3), (s, s)) for s in (2, 1, 2)]
    assert all(c.strides == (1, 1) for c in model.layers if isinstance(c, keras.layers.Conv2D))
    assert model.get_layer("stage3_pool").output.shape[1:3] == (7, 7)


def test_min_pooling_before_the_activation_is_min_pooling_of_the_activated():
    """A rising activation commutes with the minimum, so the order is free and the cheaper one is taken."""
    model = PooledCNN((12, 12, 1), filters=(6,), pooling="min", include_top=False)
    activated = keras.ops.relu(
        keras.Model(model.input, model.get_layer("stage1_block1_norm").output)(images((12, 12, 1)))
    )
    np.testing.assert_allclose(MinPooling2D(2, 2, "same")(activated), model(images((12, 12, 1))), rtol=1e-6)


def test_strided_cnn_has_no_pooling_layer():
    model = StridedCNN((28, 28, 1))
    names = {type(layer).__name__ for layer in model.layers}
    assert not any("Pool" in name for name in names)
    strides = [layer.strides for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert strides == [(2, 2)] * 3


@pytest.mark.parametrize("global_pooling", ["average", "max"])
@pytest.mark.parametrize("downsampling", ["strided", "max", "average", "min"])
def test_global_pool_cnn_answers_alike_built_fixed_or_variable(downsampling, global_pooling):
    options = {"filters": (4, 8), "downsampling": downsampling, "global_pooling": global_pooling}
    variable = GlobalPoolCNN((None, None, 3), **options)
    for size in [(17, 23), (32, 32)]:
        fixed = GlobalPoolCNN((*size, 3), **options)
        fixed.set_weights(variable.get_weights())
        np.testing.assert_allclose(variable(images((*size, 3))), fixed(images((*size, 3))), rtol=2e-5)


@pytest.mark.parametrize("global_pooling", ["average", "max"])
def test_global_pool_cnn_represents_an_image_as_1_1_c(global_pooling):
    model = GlobalPoolCNN((None, None, 1), filters=(4, 9), global_pooling=global_pooling, include_top=False)
    assert model.output_shape == (None, 1, 1, 9)


@pytest.mark.parametrize("family", [FeedForward, PooledCNN, StridedCNN])
def test_flatten_heads_refuse_a_variable_size(family):
    with pytest.raises(ValueError, match=r"GlobalPoolCNN takes any size.*Received: input_shape=\(None, None, 1\)"):
        family((None, None, 1))


@pytest.mark.parametrize(
    ("family", "wrong", "message"),
    [
        (PooledCNN, {"pooling": "median"}, "`pooling` must be one of 'max', 'average', 'min'"),
        (GlobalPoolCNN, {"downsampling": "none"}, "`downsampling` must be one of"),
        (GlobalPoolCNN, {"global_pooling": "min"}, "`global_pooling` must be one of"),
        (StridedCNN, {"dropout": "abc"}, "`dropout` must be a number from 0 to below 1"),
        (StridedCNN, {"padding": "full"}, "`padding` must be one of 'same', 'valid'"),
        (StridedCNN, {"normalization": "group"}, "`normalization` must be one of"),
        (StridedCNN, {"filters": (8, 0)}, "`filters` must be positive"),
        (StridedCNN, {"filters": ()}, "`filters` must be positive"),
        (StridedCNN, {"blocks": (1, 2)}, "`blocks` must be one number or one for each of the 3 stages"),
        (StridedCNN, {"dilation": 0}, "`dilation` must be positive"),
        (StridedCNN, {"classes": 0}, "`classes` must be positive"),
        (PooledCNN, {"padding": "valid", "kernel_size": 7}, "7-pixel window of stage3_block1 does not fit"),
        (PooledCNN, {"padding": "valid", "filters": (4,) * 5}, "does not fit"),
        (FeedForward, {"units": (0,)}, "`units` must be positive"),
        (FeedForward, {"input_shape": (28, 28)}, r"\(height, width, channels\)"),
    ],
)
def test_wrong_arguments_are_named(family, wrong, message):
    with pytest.raises(ValueError, match=message) as error:
        family(**wrong)
    assert "Received: " in str(error.value)


@pytest.mark.parametrize("kernel_size", [2, 3, (4, 3)])
@pytest.mark.parametrize("options", [{}, {"stem_kernel_size": 5}, {"separable": True, "expansion": 2}, {"dilation": 2}])
def test_shortcuts_fit_whatever_valid_padding_leaves(kernel_size, options):
    """Keras itself compares the shapes where both ways meet."""
    settings = {"padding": "valid", "residual": True, "kernel_size": kernel_size, "filters": (4, 6), **options}
    model = PooledCNN((96, 96, 2), blocks=2, **settings)
    variable = GlobalPoolCNN((None, None, 2), blocks=2, downsampling="max", **settings)
    images = np.zeros((1, 96, 96, 2), "float32")
    assert model(images).shape == variable(images).shape == (1, 10)
