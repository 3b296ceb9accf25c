"""Networks that were trained apart, as one network."""

import keras
import numpy as np
import pytest

from edgezoo.zoo import GlobalPoolCNN, PooledCNN, StridedCNN, describe, join_members
from edgezoo.zoo.tflite import read_graph

SETTINGS = {
    PooledCNN: {"filters": (4, 6), "pooling": "average", "units": ()},
    StridedCNN: {"filters": (4, 6), "blocks": 2, "residual": True, "units": ()},
    GlobalPoolCNN: {"filters": (4, 6), "downsampling": "max"},
}
SHAPE = (12, 16, 2)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (20, *SHAPE)).astype("float32")


def networks(family, n, **options):
    """A network of n members, and n networks that it can be joined from, none of whose weights is as it began."""
    settings = {**SETTINGS[family], "classes": 5, **options}
    members = [family(SHAPE, **settings) for _ in range(n)]
    rng = np.random.default_rng(1)
    for member in members:
        member.set_weights([rng.uniform(0.2, 0.9, weight.shape) for weight in member.get_weights()])
    return family(SHAPE, members=n, **settings), members


@pytest.mark.parametrize("family", SETTINGS)
def test_the_joint_logits_are_the_mean_of_the_members(family, images):
    network, members = networks(family, 3, classifier_activation=None)
    join_members(network, members)
    mean = np.mean([member(images) for member in members], axis=0)
    np.testing.assert_allclose(network(images), mean, rtol=1e-4)


@pytest.mark.parametrize("family", SETTINGS)
def test_members_cost_what_they_cost_alone(family):
    network, (member, _) = networks(family, 2)
    joint, alone = describe(network), describe(member)
    assert joint.macs == 2 * alone.macs
    # One bias a class, rather than two.
    assert joint.params == 2 * alone.params - 5


def test_members_look_at_the_same_image_with_weights_of_their_own(images):
    network = PooledCNN(SHAPE, members=2, **SETTINGS[PooledCNN])
    maps = [
        keras.Model(network.inputs, network.get_layer(f"member{number}_stage1_block1").output)(images)
        for number in (1, 2)
    ]
    assert maps[0].shape == maps[1].shape and not np.allclose(*maps)


def test_one_member_is_the_network_as_it_was():
    names = [layer.name for layer in PooledCNN(SHAPE, members=1).layers]
    assert names == [layer.name for layer in PooledCNN(SHAPE).layers]
    assert "stage1_block1" in names


def test_the_file_is_int8_throughout(int8_file):
    _, path = int8_file(PooledCNN((16, 16, 3), members=2, **SETTINGS[PooledCNN]))
    assert {tensor.dtype for tensor in read_graph(path).tensors} <= {"uint8", "int8", "int32"}


def test_what_does_not_belong_together_is_refused():
    network, members = networks(PooledCNN, 2)
    with pytest.raises(ValueError, match="whose layers are not those"):
        join_members(network, [members[0], PooledCNN(SHAPE, filters=(4, 8), units=())])
    with pytest.raises(ValueError, match="no member's: member2_stage1_block1"):
        join_members(network, members[:1])
    with pytest.raises(ValueError, match="no member's: dense1"):
        join_members(*networks(PooledCNN, 2, units=(8,)))
    with pytest.raises(ValueError, match="`members` must be positive whole numbers"):
        PooledCNN(SHAPE, members=0)
