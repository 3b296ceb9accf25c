"""Twins in Keras 2 answer as the models of Keras 3 do; tf-keras' own layers are what these are held against."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from edgezoo import zoo
from edgezoo.common.errors import EdgezooError
from edgezoo.compress import Twin
from edgezoo.compress.activations import ACTIVATIONS
from edgezoo.compress.plan import plan_of
from edgezoo.compress.twin import in_order, weights_of
from edgezoo.zoo import BlurPooling2D, MinPooling2D

#: Zoo models that between them have all that its families are made of; the others are in the slow tests.
VARIED = ("feedforward_m", "strided_lite", "strided_m", "pooled_min_m", "ensemble_l")
APPLICATIONS = {
    "MobileNet": {},
    "MobileNetV2": {},
    "MobileNetV3Small": {},
    "MobileNetV3Small, minimalistic": {"minimalistic": True},
    "EfficientNetB0": {},
    "EfficientNetV2B0": {},
    "ResNet50": {},
}


def assert_agree(found, expected, names=None):
    for name, one, other in zip(names or range(len(expected)), found, expected, strict=True):
        scale = max(1, np.abs(other).max())
        np.testing.assert_allclose(one / scale, other / scale, atol=1e-5, rtol=0, err_msg=str(name))
        assert other.std() > 1e-3, f"{name} does not depend on anything"


def normalization(**settings):
    return layers.Normalization(mean=[1.0, 2, 3, 4], variance=[4.0, 1, 9, 2], **settings)


def each_layer():
    """A model with an output for each of many layers."""
    x = keras.Input((9, 8, 4), name="x")
    small = layers.Rescaling(1 / 64, -2, name="small")(x)
    bent = layers.Conv2D(4, 1, name="bent")(small)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(bent)
    relu = layers.Activation(layers.LeakyReLU(0.3))
    single = [
        *(layers.Conv2D(6, 3, 2, "same"), layers.Conv2D(6, (3, 1), dilation_rate=2, use_bias=False)),
        *(layers.Conv2D(6, 3, groups=2), layers.Conv2D(6, 1, activation=layers.LeakyReLU(0.1))),
        *(layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2), layers.DepthwiseConv2D(3, activation="relu6")),
        layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2, activation="hard_silu"),
        layers.Conv2DTranspose(5, 3, 2, "same"),
        layers.Conv2DTranspose(5, 3, 2, output_padding=1, activation="tanh"),
        *(layers.MaxPooling2D(3, 2, "same"), layers.AveragePooling2D(3, 2, "same"), layers.AveragePooling2D((2, 1))),
        *(layers.GlobalAveragePooling2D(), layers.GlobalMaxPooling2D(keepdims=True)),
        *(MinPooling2D(), MinPooling2D(3, 2, "same"), BlurPooling2D(3, 2, "same"), BlurPooling2D((2, 3), 1)),
        *(layers.BatchNormalization(), layers.BatchNormalization(axis=1, scale=False, epsilon=0.1)),
        *(layers.LayerNormalization(), layers.GroupNormalization(2), layers.UnitNormalization()),
        *(layers.ReLU(1.5, 0.1, 0.5), layers.ReLU(), layers.LeakyReLU(), layers.PReLU(shared_axes=[1, 2])),
        *(layers.ELU(0.5), layers.Softmax(), layers.Softmax(axis=1), relu),
        *(layers.ZeroPadding2D(((1, 2), (0, 3))), layers.Cropping2D((1, 2)), layers.UpSampling2D((2, 3))),
        *(layers.UpSampling2D(2, interpolation="bilinear"), layers.Resizing(5, 13), layers.Resizing(4, 4, "nearest")),
        *(layers.Dense(5), layers.EinsumDense("bhwc,cd->bhwd", (None, None, 6), bias_axes="d")),
        *(layers.Flatten(), layers.Reshape((-1, 2)), layers.Permute((2, 3, 1)), layers.Rescaling([1.0, 2, 3, 4], 0.5)),
        *(normalization(), normalization(invert=True), layers.Dropout(0.5), layers.SpatialDropout2D(0.5)),
        *(layers.GaussianNoise(0.5), layers.GaussianDropout(0.5), layers.ActivityRegularization(0.1)),
        *(layers.RandomFlip(), layers.RandomRotation(0.1), layers.Identity()),
    ]
    merges = [kind() for kind in (layers.Add, layers.Average, layers.Maximum, layers.Minimum, layers.Multiply)]
    outputs = [layer(bent) for layer in single]
    outputs += [merge([bent, small, gate]) for merge in merges]
    outputs += [layers.Subtract()([gate, bent]), layers.Concatenate(axis=1)([bent, small, bent])]
    outputs += [layers.Dot(2)([layers.Reshape((-1, 4))(bent), layers.Reshape((-1, 4))(small)])]
    return keras.Model(x, outputs), [*single, *merges, "subtract", "concatenate", "dot"]


def each_operation():
    x = keras.Input((6, 6, 3), name="x")
    y = x / 127.5 - 1
    return keras.Model(
        x,
        [
            *(3 - 2 * y, -y, y * y, y + x, y - x, ops.add(y, np.float32([1, 2, 3]))),
            *(y * ops.convert_to_tensor([0.5, 1, 2]), ops.maximum(x, y), ops.minimum(x, y)),
            *(ops.relu(y), ops.relu6(4 * y), ops.sigmoid(y), ops.silu(y), ops.hard_silu(y), ops.tanh(y)),
            *(ops.mean(y, (1, 2)), ops.max(y, (1, -2), keepdims=True), ops.reshape(y, (-1, 12, 9))),
            ops.concatenate([y, x], axis=-1),
        ],
    )


def test_every_layer_agrees(lively, images, outputs_of):
    model, names = each_layer()
    pixels = images(lively(model))
    with Twin(model) as twin:
        assert_agree(twin.predict(*pixels), outputs_of(model, pixels), names)


def test_every_activation_agrees(twin_here, outputs_of):
    """In one model: at a seam, between seams and far off, in Activation and in a layer."""
    kept = [name for name in dir(keras.activations) if name[0] != "_" and name not in ("get", "serialize")]
    kept = [name for name in kept if name not in ("deserialize", "glu", "sparsemax", "threshold", "linear")]
    assert set(ACTIVATIONS) < set(kept)
    x = keras.Input((2,), name="x")
    inside = [layers.Dense(2, activation=name, kernel_initializer="identity")(x) for name in kept]
    model = keras.Model(x, [layers.Activation(name)(x) for name in kept] + inside)
    values = [np.linspace([-9, 6], [9, -5], 73, dtype=np.float32)]
    assert_agree(outputs_of(twin_here(model).model, values), outputs_of(model, values), [*kept, *kept])


def test_every_operation_agrees(twin_here, images, outputs_of):
    model = each_operation()
    pixels = images(model)
    assert_agree(outputs_of(twin_here(model).model, pixels), outputs_of(model, pixels))


def composed():
    """Nested and shared models and layers, names that TensorFlow does not take."""
    x = keras.Input((8, 8, 4), name="x")
    shared = layers.Conv2D(4, 3, padding="same", activation="relu", name="geteilte Größe")
    y = layers.BatchNormalization(name="norm")(shared(shared(x)))
    inner = keras.Model(x, [y, layers.MaxPooling2D(name="_pool")(y)], name="inner")
    head = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(2, 1, name="norm"), layers.Flatten()], name="head")
    a, b = keras.Input((8, 8, 4), name="a"), keras.Input((8, 8, 4), name="b")
    of_a, pooled = inner(a / 255, training=False)
    of_b, _ = inner(layers.Rescaling(1 / 255)(b))
    return keras.Model([a, b], {"scores": head(layers.Add()([of_a, of_b])), "features": pooled}, name="composed")


def test_models_in_models_are_unfolded(lively, twin_here, images, outputs_of):
    model = lively(composed())
    pixels, twin = images(model), twin_here(model)
    assert_agree(outputs_of(twin.model, pixels), outputs_of(model, pixels))
    assert sorted(twin.plan.sources.values()) == ["head/norm", "inner/geteilte Größe", "inner/norm"]


def test_layers_keep_their_names(lively, twin_here):
    model = lively(zoo.build("strided_m", input_shape=(16, 16, 1)))
    twin = twin_here(model)
    names = {layer.name for layer in model.layers} | {"predictions_softmax"}
    assert {layer.name for layer in twin.model.layers} == names
    for layer in model.layers:
        for one, other in zip(layer.get_weights(), twin.model.get_layer(layer.name).get_weights(), strict=True):
            assert np.array_equal(one, other)


def test_what_is_inside_a_layer_takes_no_other_layer_s_name(twin_here):
    x = keras.Input((4,))
    y = layers.Dense(2, name="dense_relu")(layers.Dense(2, activation="relu", name="dense")(x))
    names = [layer.name for layer in twin_here(keras.Model(x, y)).model.layers[1:]]
    assert names == ["dense", "dense_relu_1", "dense_relu"]


def test_weights_come_back_to_the_bit(lively, images, outputs_of):
    model, other = lively(composed()), composed()
    pixels = images(model)
    with Twin(model) as twin:
        assert_agree(twin.predict(*pixels), outputs_of(model, pixels))
        twin.write_to(other)
        for one, weight in zip(model.get_weights(), other.get_weights(), strict=True):
            assert np.array_equal(one, weight)
        weights = twin.weights()
        weights["head/norm"]["kernel"] = weights["head/norm"]["kernel"] * 2
        twin.set_weights(weights)
        twin.write_to(other)
    old, new = (np.asarray(each.get_layer("head").get_layer("norm").kernel) for each in (model, other))
    assert np.array_equal(new, 2 * old)


def test_a_step_of_training_is_the_same(lively, twin_here, images):
    """Gradients, batch statistics, regularizers, and a frozen layer: after one step of SGD, all weights agree."""
    import tf_keras

    x = keras.Input((8, 8, 3), name="x")
    y = layers.Conv2D(4, 3, kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), name="conv")(x / 255)
    # Keras 3 trains the layer all the same.
    y = layers.BatchNormalization(momentum=0.8, name="norm")(y, training=False)
    y = layers.Activation("hard_silu", name="act")(y)
    y = layers.SeparableConv2D(4, 3, activation="relu6", name="separable")(y)
    y = layers.BatchNormalization(name="frozen", trainable=False)(MinPooling2D(name="pool")(y))
    y = layers.Dense(3, kernel_constraint="unit_norm", name="dense")(layers.Flatten()(y))
    model = lively(keras.Model(x, y))
    twin, pixels, labels = twin_here(model), images(model, n=5), np.array([0, 2, 1, 1, 0])
    before = in_order(weights_of(model, twin.plan), twin.plan)
    for k, each in ((keras, model), (tf_keras, twin.model)):
        loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
        each.compile(k.optimizers.SGD(0.1, momentum=0.9), loss)
    losses = [float(each.train_on_batch(pixels[0], labels)) for each in (model, twin.model)]
    np.testing.assert_allclose(*losses, rtol=1e-5)
    names = [layer["name"] for layer in twin.plan.document["layers"] for _ in layer["weights"]]
    assert {"separable", "separable_conv2d", "frozen"} < set(names)
    after = in_order(weights_of(model, twin.plan), twin.plan)
    there = [weight for layer in twin.model.layers for weight in layer.get_weights()]
    for name, one, other, old in zip(names, after, there, before, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-5, err_msg=name)
        assert np.array_equal(one, old) == (name == "frozen")


def check(model, lively, twin_here, images, outputs_of):
    pixels = images(lively(model), n=2)
    assert_agree(outputs_of(twin_here(model).model, pixels), outputs_of(model, pixels))


@pytest.mark.parametrize("name", VARIED)
def test_models_of_the_zoo_agree(name, lively, twin_here, images, outputs_of):
    check(zoo.build(name, input_shape=(16, 16, 1)), lively, twin_here, images, outputs_of)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(zoo.list_models()) - set(VARIED)))
def test_all_others_of_the_zoo_agree(name, lively, twin_here, images, outputs_of):
    check(zoo.build(name, input_shape=(16, 16, 1)), lively, twin_here, images, outputs_of)


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_networks_of_others_agree(name, lively, twin_here, images, outputs_of):
    make = getattr(keras.applications, name.partition(",")[0])
    model = make(input_shape=(64, 64, 3), weights=None, classes=10, classifier_activation=None, **APPLICATIONS[name])
    check(model, lively, twin_here, images, outputs_of)


def behind(*stack):
    return keras.Sequential([keras.Input((8, 8, 3)), *stack], name="mine")


class Subclassed(keras.Model):
    pass


@keras.saving.register_keras_serializable("test_twin")
class Own(layers.Dense):
    pass


def quantized():
    model = behind(layers.Flatten(), layers.Dense(2, name="last"))
    model.quantize("int8")
    return model


def with_attention():
    x = keras.Input((4, 3))
    return keras.Model(x, layers.MultiHeadAttention(1, 2, name="it")(x, x))


def with_mask():
    x, mask = keras.Input((4,)), keras.Input((4,), dtype="bool")
    return keras.Model([x, mask], layers.Softmax(name="soft")(x, mask=mask))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: behind(layers.Lambda(lambda x: x, name="code")), r"its layer 'code', a Lambda, has no twin"),
        (lambda: behind(behind(layers.Reshape((8, 24)), layers.LSTM(3, name="it"))), r"'mine/it', a LSTM, has no twin"),
        (with_attention, r"'it', a MultiHeadAttention, has no twin"),
        (lambda: behind(Own(3, name="own")), r"'own', a Own, has no twin"),
        (lambda: behind(layers.Dense(2, dtype="float16", name="half")), r"'half', a Dense, has weights in float16"),
        (quantized, r"'last', a Dense, is quantized already"),
        (Subclassed, r"no functional or sequential model"),
        (lambda: behind(layers.Dense(2, activation="glu", name="it")), r"'it', a Dense, has the activation 'glu'"),
        (lambda: behind(layers.Dense(2, activation=lambda x: x)), r"an activation of your own, '<lambda>'"),
        (lambda: behind(layers.Dense(2, activation=layers.PReLU())), r"has a PReLU as its activation"),
        (lambda: behind(layers.BatchNormalization(renorm=True)), r"has renorm=True"),
        (lambda: behind(layers.Dense(2, activity_regularizer="l2")), r"has activity_regularizer='L2'"),
        (lambda: behind(layers.Conv2D(2, 3, data_format="channels_first")), "is channels_first"),
        (with_mask, r"'soft', a Softmax, is called with mask"),
        (lambda: keras.Model(*(lambda x: (x, ops.sort(x)))(keras.Input((3,)))), r"'sort', a Sort, is an operation"),
        (lambda: keras.Model(*(lambda x: (x, 1 / x))(keras.Input((3,)))), r"a TrueDivide, is an operation"),
    ],
)
def test_what_has_no_twin_is_named(make, message):
    with pytest.raises(EdgezooError, match=message) as caught:
        plan_of(make())
    assert "\n" not in str(caught.value)


def test_mixed_precision_is_carried_in_float32(twin_here, images):
    with_policy = behind(layers.Conv2D(2, 3, dtype="mixed_bfloat16", name="conv"), layers.GlobalAveragePooling2D())
    plain = behind(layers.Conv2D(2, 3, name="conv"), layers.GlobalAveragePooling2D())
    plain.set_weights(with_policy.get_weights())
    (pixels,) = images(plain)
    np.testing.assert_allclose(twin_here(with_policy).model(pixels), plain(pixels), rtol=1e-5)


def test_without_tf_keras_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("edgezoo.zoo.legacy.tf_keras.is_installed", lambda: False)
    with pytest.raises(EdgezooError, match=r"pip install 'edgezoo\[compress\]' brings tf-keras"):
        Twin(behind(layers.Flatten()))
