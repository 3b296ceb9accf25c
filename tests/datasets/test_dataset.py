import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets.dataset import Split, assemble
from edgezoo.datasets.sources import ArraySource
from edgezoo.datasets.splitting import by_content, by_position


def numbered(labels, start=0):
    """A split whose image i is filled with the number start + i."""
    labels = np.asarray(labels)
    images = np.arange(start, start + len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Split(ArraySource(np.broadcast_to(images, (len(labels), 2, 3, 1)).copy()), labels)


def numbers(split):
    return split.read(np.arange(len(split)))[:, 0, 0, 0].tolist()


def assembled(labels, seed=0, validation_fraction=0.1, drawing=by_content, **parts):
    names = [str(label) for label in range(max(labels) + 1)]
    return assemble(
        "toy",
        names,
        (2, 3, 1),
        {"train": numbered(labels), **parts},
        {"kind": "toy"},
        seed=seed,
        validation_fraction=validation_fraction,
        drawing=drawing,
    )


def test_read_takes_any_order_and_repetition():
    split = numbered([0, 1, 0, 1])
    images = split.read([3, 0, 3])
    assert images.dtype == np.uint8 and images.shape == (3, 2, 3, 1)
    assert images[:, 0, 0, 0].tolist() == [3, 0, 3]
    assert split.read([]).shape == (0, 2, 3, 1)
    with pytest.raises(IndexError):
        split.read([4])


def test_subset_of_a_subset():
    split = numbered([0, 1, 2, 3, 4, 5]).subset([5, 3, 1]).subset([2, 0])
    assert numbers(split) == [1, 5]
    assert split.labels.tolist() == [1, 5]
    assert split.labels.dtype == np.int64


@given(st.integers(1, 100), st.integers(0, 120), st.integers(0, 120))
def test_take_is_a_sample_and_samples_are_nested(size, n, more):
    split = numbered(np.zeros(size, int))
    small, large = numbers(split.take(min(n, more))), numbers(split.take(max(n, more)))
    assert len(small) == min(n, more, size)
    assert small == sorted(set(small))
    assert set(small) <= set(large)


def test_take_is_fair_where_classes_follow_each_other():
    labels = np.repeat(np.arange(5), 200)
    counts = np.bincount(Split(None, labels).take(100).labels, minlength=5)
    assert counts.min() >= 10  # binomial(100, 1/5): below 10 once in 400


@pytest.mark.parametrize("batch_size", [1, 3, 7, 50])
def test_batches_are_the_split_in_order(batch_size):
    split = numbered(np.arange(7) % 3)
    batches = list(split.batches(batch_size))
    assert [len(labels) for _, labels in batches] == [batch_size] * (7 // batch_size) + [7 % batch_size] * (
        7 % batch_size > 0
    )
    assert np.concatenate([images for images, _ in batches])[:, 0, 0, 0].tolist() == list(range(7))
    assert np.concatenate([labels for _, labels in batches]).tolist() == split.labels.tolist()


def test_batches_can_be_left_early():
    batches = numbered(np.zeros(50, int)).batches(2)
    next(batches)
    batches.close()


def test_batches_pass_errors_on():
    class Broken(ArraySource):
        def read(self, rows):
            raise EdgezooError("gone")

    with pytest.raises(EdgezooError, match="gone"):
        list(Split(Broken(np.zeros((4, 2, 2, 1), np.uint8)), [0, 1, 0, 1]).batches(2))


@pytest.mark.parametrize("shape", [(2, 3, 1), (4, 4, 3)])
def test_pipeline_is_read_in_the_given_order(shape):
    import tensorflow as tf

    images = np.random.default_rng(0).integers(0, 256, (20, 2, 3, 1), np.uint8)
    split = Split(ArraySource(images, shape), np.arange(20) % 4).subset(np.arange(19, 4, -1))
    order = np.random.default_rng(1).permutation(len(split))
    pipeline = split.pipeline(order, 4)
    assert pipeline.element_spec == (
        tf.TensorSpec((None, *shape), tf.uint8),
        tf.TensorSpec((None,), tf.int64),
    )
    assert pipeline.cardinality() == 4
    for _ in range(2):
        batches = list(pipeline.as_numpy_iterator())
        assert [len(labels) for _, labels in batches] == [4, 4, 4, 3]
        assert np.array_equal(np.concatenate([b for b, _ in batches]), split.read(order))
        assert np.concatenate([labels for _, labels in batches]).tolist() == split.labels[order].tolist()


def test_pipeline_follows_a_stream_of_index_batches():
    import tensorflow as tf

    split = numbered(np.arange(10) % 2)
    order = tf.data.Dataset.range(10).repeat().batch(4, drop_remainder=True)
    pipeline = split.pipeline(order)
    assert pipeline.element_spec[0].shape.as_list() == [4, 2, 3, 1]
    streamed = [images[:, 0, 0, 0].tolist() for images, _ in pipeline.take(5).as_numpy_iterator()]
    assert streamed == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1], [2, 3, 4, 5], [6, 7, 8, 9]]


labels_of_three_each = st.lists(st.integers(3, 40), min_size=2, max_size=6).flatmap(
    lambda counts: st.permutations([label for label, count in enumerate(counts) for _ in range(count)])
)


@given(labels_of_three_each, st.integers(0, 2**32), st.floats(0.01, 0.99), st.sampled_from([by_content, by_position]))
def test_splits_are_disjoint_whole_and_stratified(labels, seed, fraction, drawing):
    dataset = assembled(labels, seed, fraction, drawing)
    parts = [numbers(split) for split in dataset.splits.values()]
    assert sorted(number for part in parts for number in part) == list(range(len(labels)))
    for split, part in zip(dataset.splits.values(), parts, strict=True):
        assert split.labels.tolist() == [labels[number] for number in part]
    for label, count in enumerate(np.bincount(labels)):
        train, validation, test = (int((split.labels == label).sum()) for split in dataset.splits.values())
        assert min(train, validation, test) >= (2 if count >= 6 else 1)
        if drawing is by_content:  # which meets the shares on average only
            continue
        assert abs(test - 0.2 * count) <= 1
        assert abs(validation - fraction * (count - test)) <= 1 or 2 in (train, validation)


def test_the_seed_decides():
    labels = np.arange(200) % 4
    for drawing in (by_content, by_position):
        same = [numbers(assembled(labels, seed=5, drawing=drawing).test) for _ in range(2)]
        assert same[0] == same[1] != numbers(assembled(labels, seed=6, drawing=drawing).test)


def test_validation_comes_from_training_images_never_from_test():
    test = numbered([0, 1, 0, 1], start=100)
    dataset = assembled(np.arange(40) % 2, test=test)
    assert numbers(dataset.test) == [100, 101, 102, 103]
    assert sorted(numbers(dataset.train) + numbers(dataset.validation)) == list(range(40))
    assert dataset.source == {
        "kind": "toy",
        "seed": 0,
        "validation_fraction": 0.1,
        "split_from_train": ["validation"],
    }


def test_given_splits_are_left_alone():
    given_parts = {"validation": numbered([0, 1], 50), "test": numbered([1, 0], 60)}
    dataset = assembled([0, 1], **given_parts)
    assert [numbers(split) for split in dataset.splits.values()] == [[0, 1], [50, 51], [60, 61]]
    assert dataset.source["split_from_train"] == []


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0, 0, 0, 0], "at least 2 classes; found 1"),
        ([0, 0, 0, 1, 1], r"class '1' has 2 images to train on; it needs at least 3 \(training and test and valid"),
        ([0, 0, 0, 2, 2, 2], "class '1' has 0 images"),
    ],
)
def test_too_little_to_learn_from(labels, says):
    with pytest.raises(EdgezooError, match=says):
        assembled(labels)


def test_an_empty_part():
    with pytest.raises(EdgezooError, match="no test images"):
        assembled([0, 1] * 5, test=numbered([]))


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_the_validation_fraction_is_checked(fraction):
    with pytest.raises(EdgezooError, match="between 0 and 1"):
        assembled([0, 1] * 5, validation_fraction=fraction)


@pytest.mark.parametrize("bad", ["two\nlines", "tab\there", "\u2028", " ", "", "\udcff", "bell\a"])
def test_class_names_are_one_line_each(bad):
    with pytest.raises(EdgezooError, match="one line") as caught:
        assemble("toy", ["fine", bad], (2, 3, 1), {}, {}, seed=0, validation_fraction=0.1)
    str(caught.value).encode()
    assert "\n" not in str(caught.value)


def test_class_names_are_composed_and_differ():
    dataset = assemble(
        "toy",
        ["cafe\u0301", "猫", "T-shirt/top"],
        (2, 3, 1),
        {"train": numbered([0, 1, 2] * 5)},
        {},
        seed=0,
        validation_fraction=0.1,
    )
    assert dataset.class_names == ("caf\u00e9", "猫", "T-shirt/top")
    with pytest.raises(EdgezooError, match="both named 'é'"):
        assemble("toy", ["e\u0301", "\u00e9"], (2, 3, 1), {}, {}, seed=0, validation_fraction=0.1)
