"""A stage of a training, without its child process: what it keeps, what it makes, and that it goes on to the bit."""

import os
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.compress.places import ranged_layers
from edgezoo.compress.stages import Settings, Stage
from edgezoo.train import Recipe

RECIPE = Recipe(epochs=1, batch_size=16, learning_rate=0.01, warmup=0, weight_decay=0.01)
STEPS = 12
STAGES = [
    Stage("prune"),
    Stage("cluster"),
    Stage("cluster", ("prune",)),
    Stage("qat"),
    Stage("qat", ("prune",)),
    Stage("qat", ("cluster",)),
    Stage("qat", ("prune", "cluster")),
]


def named(stage):
    return "+".join((*stage.preserve, stage.name))


@pytest.fixture(scope="module", autouse=True)
def _environment():
    """The toolkit tells TensorFlow by the environment which Keras to use; other tests' processes shall not see that."""
    pytest.importorskip("tensorflow_model_optimization")
    os.environ.pop("TF_USE_LEGACY_KERAS", None)
    yield
    os.environ.pop("TF_USE_LEGACY_KERAS", None)


@pytest.fixture(scope="module")
def network():
    """A network with one of each kind of kernel, of which some weights are zero and some are alike."""
    keras.utils.set_random_seed(3)
    image = keras.Input((8, 8, 4), name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv")(x)
    x = layers.BatchNormalization(momentum=0.8, name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.Conv2DTranspose(8, 3, strides=2, name="transposed")(x)
    x = layers.Dropout(0.2, name="drop")(layers.GlobalAveragePooling2D(name="pool")(x))
    return keras.Model(image, layers.Dense(4, activation="softmax", name="dense")(x))


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, (STEPS, 16))
    images = rng.uniform(0, 255, (STEPS, 16, 8, 8, 4)).astype("float32")
    images[..., 0] *= labels[..., None, None] / 3
    return [(x, np.eye(4, dtype="float32")[y]) for x, y in zip(images, labels, strict=True)]


@pytest.fixture(scope="module")
def begin(twin_here, network):
    """A function that begins a stage on a network whose kernels are as the stages before would leave them."""
    import tf_keras

    from edgezoo.compress.stepping import Stepping

    def begin(stage, recipe=RECIPE, taught=False, class_weights=None, **settings):
        twin = twin_here(network)
        layers_ = {each["name"]: twin.model.get_layer(each["name"]) for each in twin.plan.document["layers"]}
        for layer in layers_.values():
            layer.set_weights([prepared(each, stage.preserve) for each in layer.get_weights()])
        told = Settings(**{"clusters": 4, **settings})
        names = ranged_layers(twin.plan.document) if stage.name == "qat" else []
        request = {
            "stage": stage.name,
            "preserve": stage.preserve,
            **{name: getattr(told, name) for name in ("sparsity", "zeros", "blocks", "clusters", "skip")},
            "recipe": vars(recipe),
            "steps": STEPS,
            "ranges": {name: (-1.0, 6.0) for name in names},
            "from_logits": False,
            "one_output": False,
            "taught": taught,
            "class_weights": class_weights,
        }
        return Stepping(tf_keras, twin.plan.document, layers_, request)

    return begin


def prepared(weights, preserve):
    if weights.ndim < 2:
        return weights
    if "cluster" in preserve:
        weights = np.float32([-0.4, -0.1, 0.2, 0.5])[np.digitize(weights, np.quantile(weights, [0.25, 0.5, 0.75]))]
    return np.where(np.abs(weights) > np.median(np.abs(weights)), weights, 0) if "prune" in preserve else weights


def train(stepping, batches):
    return [stepping.step(*batch) for batch in batches]


@pytest.mark.parametrize("stage", STAGES, ids=named)
def test_it_learns_keeps_what_was_made_and_goes_on_to_the_bit(begin, batches, stage):
    unbroken, broken = begin(stage), begin(stage)
    before = unbroken.weights()
    assert all(np.isfinite(each).all() for each in train(unbroken, batches))
    train(broken, batches[:5])
    state, _ = broken.state(), broken.weights()  # as at the end of an epoch
    going_on = begin(stage)
    train(going_on, batches[:2])
    going_on.restore(state)
    for each in (broken, going_on):
        train(each, batches[5:])
        for variable, one, other in zip(unbroken._variables(), unbroken.state(), each.state(), strict=True):
            np.testing.assert_array_equal(one, other, err_msg=variable.name)
    after = unbroken.weights()
    for layer in ("conv", "dense"):
        kernel = after[layer][0]
        assert not np.array_equal(kernel, before[layer][0])
        if stage.preserve:
            np.testing.assert_array_equal(kernel[before[layer][0] == 0], 0)
        if stage.name == "cluster":
            assert len(np.unique(kernel)) <= 4
        if "cluster" in stage.preserve:  # rounded alike in all channels
            assert len(np.unique(kernel)) <= 5
        if stage.name == "prune":
            assert np.mean(kernel == 0) == 0.5
    if "prune" in stage.preserve and stage.name == "qat":
        assert np.mean(after["depthwise"][0] == 0) == 0.5


@pytest.mark.parametrize(("stage", "steps"), [(Stage("prune"), STEPS), (Stage("qat"), 3)], ids=["prune", "qat"])
def test_teachers_that_answer_the_labels_are_the_labels(begin, batches, stage, steps):
    """At temperature 1 and without labels of its own: KL(y ‖ p) is the cross-entropy of certain answers y."""
    plain, taught = begin(stage), begin(stage, replace(RECIPE, temperature=1.0, alpha=1.0), taught=True)
    beside = [(images, np.concatenate([np.roll(targets, 1, axis=1), targets], axis=1)) for images, targets in batches]
    losses, others = train(plain, batches), train(taught, beside)
    # In QAT a weight that one rounds up and the other down makes two trainings of them after some steps.
    np.testing.assert_allclose([loss for loss, _ in losses[:steps]], [loss for loss, _ in others[:steps]], rtol=1e-3)
    assert sum(hits for _, hits in others) < sum(hits for _, hits in losses)  # by the labels, which are wrong


def test_images_count_by_their_classes(begin, batches):
    parts = [begin(Stage("qat"), class_weights=weights).step(*batches[0]) for weights in ([1, 3, 0, 0], [0, -2, 1, 1])]
    loss, accuracy = begin(Stage("qat")).step(*batches[0])
    assert sum(part for part, _ in parts) == pytest.approx(loss, rel=1e-5)
    assert [each for _, each in parts] == [accuracy] * 2


def test_two_of_four_input_channels_are_zero(begin, batches):
    stepping = begin(Stage("prune"), structure="2:4", sparsity=0.9)
    train(stepping, batches)
    kernel = stepping.weights()["conv"][0]
    assert (np.sum(kernel == 0, axis=2) == 2).all()


def test_blocks_of_a_dense_kernel_are_zero(begin, batches):
    stepping = begin(Stage("prune"), structure="2x2", sparsity=0.5)
    train(stepping, batches)
    made = stepping.weights()
    blocks = made["dense"][0].reshape(4, 2, 2, 2) == 0
    assert sorted(blocks.mean(axis=(1, 3)).ravel()) == [0] * 4 + [1] * 4
    assert np.mean(made["conv"][0] == 0) == 0.5  # one by one


def test_skipped_layers_are_left_alone(begin, batches):
    stepping = begin(Stage("prune"), skip=("conv*", "dense"))
    train(stepping, batches)
    made = stepping.weights()
    assert not any((made[name][0] == 0).any() for name in ("conv", "dense"))
    assert np.mean(made["transposed"][0] == 0) == 0.5


def test_skipped_layers_have_ranges_in_int8_all_the_same(begin, batches):
    stepping = begin(Stage("qat"), skip=("depthwise", "dense"))
    train(stepping, batches)
    assert {"depthwise", "dense"} <= set(stepping.ranges())
    rounded = [name for name, each in stepping._wrappers.items() if getattr(each, "_weight_vars", ())]
    assert rounded == ["conv", "transposed"]


def test_kernels_are_rounded_by_output_channels(begin):
    """Against the definition: 127 steps to each side, of the channel's largest weight."""
    from edgezoo.compress.places import KERNELS

    stepping = begin(Stage("qat"))
    for name, kind in (("conv", "Conv2D"), ("depthwise", "DepthwiseConv2D"), ("transposed", "Conv2DTranspose")):
        wrapper = stepping._wrappers[name]
        ((kernel, quantizer, variables),) = wrapper._weight_vars
        found = quantizer(kernel, True, variables).numpy()
        axes = {"Conv2D": (0, 1, 2), "DepthwiseConv2D": (0, 1), "Conv2DTranspose": (0, 1, 3)}[kind]
        assert KERNELS[kind][0] in kernel.name
        scale = np.abs(kernel.numpy()).max(axis=axes, keepdims=True) / 127
        np.testing.assert_allclose(found, np.round(kernel.numpy() / scale) * scale, atol=1e-6)


def test_a_kernel_of_few_weights_has_as_many_clusters(begin, batches):
    stepping = begin(Stage("cluster", ("prune",)), clusters=200)  # of 288 weights in «conv» 144 are left
    before = stepping.weights()["conv"][0]
    train(stepping, batches[:2])
    kernel = stepping.weights()["conv"][0]
    assert not np.array_equal(kernel, before)
    np.testing.assert_array_equal(kernel == 0, before == 0)
