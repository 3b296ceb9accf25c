"""Networks that were trained apart, as one network."""

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection import describe
from edgezoo.inspection.graph import read_graph
from edgezoo.zoo import Ensemble, FeedForward, GlobalPoolCNN, PooledCNN, StridedCNN, build, join_members

SHAPE = (12, 16, 2)
NAMES = ("strided_xs", "pooled_xs", "strided_xs")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (20, *SHAPE)).astype("float32")


def members_of(**options):
    """Networks of each family, none of whose weights is as it began."""
    members = [
        PooledCNN(SHAPE, 5, filters=(4, 6), pooling="average", units=(8,), dropout=0.2, **options),
        StridedCNN(SHAPE, 5, filters=(4, 6), blocks=2, residual=True, units=(), **options),
        GlobalPoolCNN(SHAPE, 5, filters=(4, 6), downsampling="max", **options),
        FeedForward(SHAPE, 5, units=(4,), **options),
    ]
    rng = np.random.default_rng(1)
    for member in members:
        member.set_weights([rng.uniform(0.2, 0.9, weight.shape) for weight in member.get_weights()])
    return members


@pytest.mark.parametrize("activation", ["softmax", None])
def test_the_logits_are_the_mean_of_the_members(activation, images):
    members = members_of(classifier_activation=activation)
    logits = np.mean([member(images) for member in members_of(classifier_activation=None)], axis=0)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    joint = join_members(members, name="four")
    np.testing.assert_allclose(joint(images), odds / odds.sum(axis=1, keepdims=True), rtol=1e-3, atol=1e-6)
    assert joint.name == "four"


def test_the_members_stay_as_they_are(images):
    member, *others = members_of()
    before, names = np.asarray(member(images)), [layer.name for layer in member.layers]
    joint = join_members([member, *others])
    joint.set_weights([np.zeros_like(weight) for weight in joint.get_weights()])
    np.testing.assert_array_equal(member(images), before)
    assert [layer.name for layer in member.layers] == names


def test_members_cost_what_they_cost_alone():
    members = members_of()
    joint, alone = describe(join_members(members)), [describe(member) for member in members]
    assert (joint.params, joint.macs) == (sum(each.params for each in alone), sum(each.macs for each in alone))


def test_an_ensemble_of_names_is_that_of_the_networks(images, tmp_path):
    """Its file fits the network that is built of the names; the same name twice has weights of its own each time."""
    joint = join_members([build(name, input_shape=SHAPE, classes=5) for name in NAMES], name="ensemble")
    joint.save(tmp_path / "joint.keras")
    named = Ensemble(SHAPE, 5, members=NAMES, weights=tmp_path / "joint.keras")
    assert [layer.name for layer in named.layers] == [layer.name for layer in joint.layers]
    np.testing.assert_array_equal(named(images), joint(images))
    first, third = (named.get_layer(f"member{number}_stage1_downsample").kernel for number in (1, 3))
    assert not np.allclose(first, third)


def test_logits_and_features(images):
    logits = Ensemble(SHAPE, 5, members=NAMES, classifier_activation=None)
    assert not np.allclose(np.asarray(logits(images)).sum(axis=1), 1)
    assert logits.layers[-1].name == "predictions"
    features = Ensemble(SHAPE, 5, members=NAMES, include_top=False)
    widths = [np.prod(build(name, input_shape=SHAPE, include_top=False).output_shape[1:]) for name in NAMES]
    assert features.output_shape == (None, sum(widths))


def test_an_ensemble_can_be_a_member(images):
    pair = join_members(members_of()[:2], name="pair")
    nested = join_members([pair, pair])
    assert nested.get_layer("member2_member1_stage1_block1").kernel.shape == (3, 3, 2, 4)
    np.testing.assert_allclose(nested(images), pair(images), rtol=1e-4, atol=1e-6)


def test_the_file_is_int8_throughout(int8_file):
    _, path = int8_file(Ensemble((16, 16, 3), members=NAMES))
    graph = read_graph(path)
    assert {tensor.dtype for tensor in graph.tensors} <= {"uint8", "int8", "int32"}
    assert [operator.op for operator in graph.operators].count("FULLY_CONNECTED") == 3


@pytest.mark.parametrize(
    ("members", "received"),
    [
        ([], "none"),
        ([{"input_shape": (20, 20, 1)}, {}], r"\(20, 20, 1\) and \(28, 28, 1\)"),
        ([{"classes": 3}, {}], r"\(3,\) and \(10,\)"),
    ],
)
def test_what_does_not_belong_together_is_refused(members, received):
    with pytest.raises(ValueError, match=rf"`members` must be networks for images of one shape.*Received: {received}"):
        join_members([build("strided_xs", **options) for options in members])


def test_members_that_cannot_be_built_are_named():
    with pytest.raises(EdgezooError, match="unknown model 'strided_z'; did you mean"):
        build("ensemble_l", members=("strided_z",))
    with pytest.raises(EdgezooError, match="cannot build pooled_avg_m: PooledCNN flattens its features"):
        build("ensemble_l", input_shape=(None, None, 1))


def test_one_member_is_that_network(images):
    (member, *_) = members_of()
    np.testing.assert_allclose(join_members([member])(images), member(images), rtol=1e-5)
