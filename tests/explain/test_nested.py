"""Models as people have them: nested, called twice, wrapped, in any form, they are explained like plain ones."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from edgezoo.common.errors import EdgezooError
from edgezoo.explain import feature_maps, grad_cam, kernels, maximize_activation, receptive_field, saliency
from edgezoo.explain.features import matching
from edgezoo.explain.layers import by_name, choose
from edgezoo.explain.model_file import open_model
from edgezoo.export import export_model
from edgezoo.inspection.scopes import Scopes
from edgezoo.zoo import Ensemble
from edgezoo.zoo.classifier import classifier
from edgezoo.zoo.flattening import flattened

from ..forms import FORMS, SIDE

PIXELS = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)


def logits(model):
    return classifier(model, "a model").plain(logits=True, policy="float32")


def trunk(x):
    x = layers.Conv2D(6, 3, padding="same", activation="relu", name="first")(x)
    return layers.Conv2D(8, 3, strides=2, activation="relu", name="second")(layers.MaxPooling2D(name="pool")(x))


def head(x):
    return layers.Dense(3, activation="softmax", name="dense")(layers.GlobalAveragePooling2D()(x))


@pytest.fixture(scope="module")
def nested():
    """A frozen functional backbone in a functional model in a sequential one."""
    keras.utils.set_random_seed(5)
    image = keras.Input((None, None, 3))
    backbone = keras.Model(image, trunk(image), name="backbone")
    backbone.trainable = False
    image = keras.Input((SIDE, SIDE, 3))
    middle = keras.Model(image, backbone(image / 127.5 - 1, training=False), name="middle")
    outer = keras.Input((SIDE, SIDE, 3))
    return keras.Sequential([outer, middle, layers.GlobalAveragePooling2D(), layers.Dense(3), layers.Softmax()])


@pytest.fixture(scope="module")
def plain(nested):
    """The same network with the same weights and nothing in it that is special."""
    image = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(image, head(trunk(layers.Rescaling(1 / 127.5, offset=-1)(image))))
    model.set_weights(nested.get_weights())
    return model


def test_heat_maps_of_a_nested_network_are_those_of_the_plain_one(nested, plain):
    for class_index in range(3):
        heats = [saliency(logits(each), PIXELS, class_index) for each in (nested, plain)]
        np.testing.assert_allclose(*heats, rtol=1e-3, atol=1e-6)
        (heat, where), (expected, layer) = (grad_cam(logits(each), PIXELS, class_index) for each in (nested, plain))
        assert where == ["middle/backbone/second"] and layer == ["second"]
        np.testing.assert_allclose(heat, expected, rtol=1e-3, atol=1e-6)
    assert heat.max() > 0


def test_fields_of_a_nested_network_are_those_of_the_plain_one(nested, plain):
    for name in ("first", "pool", "second"):
        inside = receptive_field(flattened(nested), f"middle/backbone/{name}", PIXELS.shape)
        assert inside == receptive_field(flattened(plain), name, PIXELS.shape)
    assert inside == (3, 3, 11, 11)  # 3 + 1 + 2·2 pixels


def test_images_that_excite_a_nested_layer_do_not_depend_on_the_nesting(nested, plain):
    names = {"middle/backbone/second": nested, "second": plain}
    images = [maximize_activation(logits(each), name, PIXELS.shape, [1], steps=3) for name, each in names.items()]
    np.testing.assert_allclose(*images, atol=0.05)


def test_patterns_choose_by_path_by_name_and_by_model():
    names = ["stem", "backbone/stem", "backbone/conv_1", "backbone/inner/conv_1", "head"]
    assert choose(names, "backbone/*", "maps") == names[1:4]
    assert choose(names, "backbone", "maps") == names[1:4]
    assert choose(names, "conv*", "maps") == names[2:4]
    assert choose(names, "stem", "maps") == names[:2]
    assert choose(names, "*inner/*", "maps") == names[3:4]
    with pytest.raises(EdgezooError, match=r"no layer with maps fits 'stem/\*'; there are: stem, backbone/stem"):
        choose(names, "stem/*", "maps")


def test_the_second_call_has_a_name_of_its_own():
    image = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    flat = flattened(keras.Model(image, layers.Conv2D(2, 1, name="last")(conv(conv(image)))))
    assert list(by_name(flat)) == ["conv", "conv:2", "last"]
    assert receptive_field(flat, "conv", (9, 9, 3)) == (3, 3, 6, 6)
    assert receptive_field(flat, "conv:2", (9, 9, 3)) == (2, 2, 7, 7)


def test_branches_come_in_the_order_of_their_making():
    names = list(by_name(flattened(Ensemble((20, 20, 1), members=("strided_xs",) * 3))))
    assert list(dict.fromkeys(name[:7] for name in names if name.startswith("member"))) == [
        "member1",
        "member2",
        "member3",
    ]


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_either_class_of_one_output_is_explained(activation):
    """By hand: the logits of a network w·mean(pixels·k) are ∓ half of that."""
    kernel, weights = np.random.default_rng(0).normal(size=(2, 3, 2)).astype("float32")
    weights = weights[:2, :1]
    model = keras.Sequential(
        [
            keras.Input((4, 5, 3)),
            layers.Conv2D(2, 1, use_bias=False),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, use_bias=False, activation=activation),
        ]
    )
    model.set_weights([kernel[None, None], weights])
    pixels = PIXELS[:4, :5]
    slopes = (kernel @ weights)[:, 0] / 20 / 2
    cam = (pixels @ kernel @ weights)[..., 0] / 20 / 2
    for class_index, sign in ((0, -1), (1, 1)):
        heat = saliency(logits(model), pixels, class_index)
        np.testing.assert_allclose(heat, np.full((4, 5), np.abs(slopes).max()), rtol=1e-4)
        heat, _ = grad_cam(logits(model), pixels, class_index)
        np.testing.assert_allclose(heat, np.maximum(sign * cam, 0), rtol=1e-4, atol=1e-4)


def test_filters_of_a_wrapped_convolution_are_those_that_it_infers_with(tmp_path):
    """After a training step, spectral normalization has divided the kernel by u·Wᵀ·v (Miyato et al. 2018)."""
    wrapper = layers.SpectralNormalization(layers.Conv2D(4, 3, use_bias=False), name="normalized")
    apart = layers.TimeDistributed(layers.Conv2D(2, (1, 3), use_bias=False), name="apart")
    image = keras.Input((8, 8, 3))
    x = layers.Reshape((6, 6, 4, 1))(wrapper(image))
    model = keras.Model(image, layers.Dense(2)(layers.Flatten()(apart(x))))
    kernel, u = (np.asarray(each) for each in (wrapper.kernel, wrapper.vector_u))
    matrix = kernel.reshape(-1, 4)
    v = u @ matrix.T / np.linalg.norm(u @ matrix.T)
    u = v @ matrix / np.linalg.norm(v @ matrix)
    wrapper(np.zeros((1, 8, 8, 3)), training=True)
    model.save(tmp_path / "wrapped.keras")
    normalized, other = kernels(open_model(tmp_path / "wrapped.keras"))
    assert (normalized.layer, other.layer) == ("normalized", "apart")
    np.testing.assert_allclose(normalized.values, kernel / (v @ matrix @ u.T).item(), rtol=1e-4)
    impulse = np.zeros((1, 5, 5, 3), "float32")
    impulse[0, 2, 2] = np.eye(3)[1]
    answer = np.asarray(wrapper(impulse))[0, ::-1, ::-1]
    np.testing.assert_allclose(normalized.values[:, :, 1], answer, rtol=1e-5)
    np.testing.assert_array_equal(other.values, np.asarray(apart.layer.kernel))


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if "*" not in form.refusals])
def test_every_form_has_every_answer(name, tmp_path):
    keras.utils.set_random_seed(2)
    FORMS[name].build().save(tmp_path / "net.keras")
    file = open_model(tmp_path / "net.keras")
    assert file.predict(PIXELS[None]).shape == (1, FORMS[name].classes)
    maps = [each for each in feature_maps(file, PIXELS) if each.values.shape != PIXELS.shape]
    assert maps and all(np.isfinite(each.values).all() and each.values.dtype == np.float32 for each in maps)
    assert kernels(file)[0].values.shape[2] == 3
    flat = file.logits()
    assert np.asarray(flat.network(PIXELS[None])).shape == (1, FORMS[name].classes)
    assert saliency(flat, PIXELS, 0, steps=2).max() > 0
    heat, (layer,) = grad_cam(flat, PIXELS, 1)
    assert heat.shape == PIXELS.shape[:2] and layer in [each.layer for each in maps]
    top, left, bottom, right = receptive_field(flat, layer, PIXELS.shape)
    assert 3 <= bottom - top <= SIDE and 3 <= right - left <= SIDE


@pytest.mark.parametrize("name", ["one-sigmoid", "float16"])
def test_every_class_is_excited(name):
    images = maximize_activation(logits(FORMS[name].build()), None, PIXELS.shape, [0, 1], steps=1)
    assert images.std(axis=0).max() > 0


def test_a_network_that_rounds_has_no_gradient_and_says_so():
    image = keras.Input((SIDE, SIDE, 3))
    flat = logits(keras.Model(image, head(trunk(ops.cast(ops.cast(image, "int32"), "float32")))))
    for ask in (
        lambda: saliency(flat, PIXELS, 0, steps=1),
        lambda: maximize_activation(flat, None, PIXELS.shape, [0], steps=1),
    ):
        with pytest.raises(EdgezooError, match=r"no gradient gets through this network: .*take occlusion"):
            ask()
    assert receptive_field(flat, "first", PIXELS.shape) == (7, 7, 10, 10)  # arithmetic is not hidden by it


def test_nothing_bare_hides_what_a_unit_depends_on():
    image = keras.Input((15, 15, 3))
    x = ops.relu6(image - 200) - ops.max_pool(image, 3, 1, "same")
    x = ops.maximum(ops.clip(x, 0, 1), -x)
    flat = flattened(keras.Model(image, layers.Conv2D(2, 3, padding="same", activation="tanh", name="last")(x)))
    assert receptive_field(flat, "last", (15, 15, 3)) == (5, 5, 10, 10)


def test_an_exported_file_has_the_names_of_the_layers_inside(tmp_path):
    """A backbone that is called twice: each call is compared with itself."""
    keras.utils.set_random_seed(0)
    image = keras.Input((SIDE, SIDE, 3))
    backbone = keras.Model(image, trunk(image), name="backbone")
    image = keras.Input((SIDE, SIDE, 3))
    wrapped = layers.SpectralNormalization(layers.Conv2D(4, 3, name="inner"), name="wrapped")
    x = layers.Concatenate(name="both")([backbone(image / 255), backbone(1 - image / 255)])
    keras.Model(image, head(wrapped(x))).save(tmp_path / "net.keras")
    (path,) = export_model(tmp_path / "net.keras", tmp_path / "out", ("float32",))
    one, other = open_model(tmp_path / "net.keras"), open_model(path)
    pairs = matching(feature_maps(one, PIXELS), feature_maps(other, PIXELS))
    names = [f"backbone/{name}{call}" for call in ("", ":2") for name in ("first", "pool", "second")]
    assert sorted(ours.layer for ours, _ in pairs) == sorted([*names, "both", "wrapped"])
    for ours, theirs in pairs:
        np.testing.assert_allclose(theirs.values, ours.values, atol=1e-4, err_msg=ours.layer)
    assert {"backbone/first", "wrapped/inner"} <= {each.layer for each in kernels(other)}


def test_scopes_of_other_converters():
    """Names that have no numbers of an export keep theirs; normalization opens a scope inside itself."""
    names = ["net/conv_2/Relu;net/conv_2/Conv2D", "net/base/ln_1/batchnorm/mul", "net/base/add", "net/add", "Identity"]
    scopes = Scopes(names)
    found = [scopes.layer(name.split(";")[0]) for name in names]
    assert found == ["conv_2", "base/ln_1", "base/add", "add", "Identity"]
    assert [scopes.layers(name) for name in names] == [("conv_2",), ("base/ln_1",), (), (), ()]
    assert scopes.belongs("net/conv_2/Conv2D", "net/conv_2/Relu") and not scopes.belongs("net/add", "net/base/add")
