import numpy as np
import pytest
import sklearn.utils.class_weight
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.train import Recipe
from edgezoo.train.balancing import balanced_sampling, class_weights, tell_imbalance, weighted
from edgezoo.train.loss import loss_of

AUTO, BALANCED, SAMPLED = Recipe(class_weights="auto"), Recipe(class_weights="balanced"), Recipe(sampling="balanced")

labels_of_all = st.lists(st.integers(1, 60), min_size=2, max_size=6).flatmap(
    lambda counts: st.permutations([label for label, count in enumerate(counts) for _ in range(count)]).map(np.array)
)


@given(labels_of_all)
def test_balanced_weights_are_scikit_learns(labels):
    classes = np.unique(labels)
    expected = sklearn.utils.class_weight.compute_class_weight("balanced", classes=classes, y=labels)
    np.testing.assert_allclose(class_weights(labels, len(classes), BALANCED), expected)


@given(labels_of_all)
def test_automatic_weights_are_one_by_the_effective_number(labels):
    """Cui et al. 2019, equation 2, as the sum that it is in closed form: 1 + β + … + β^(n − 1)."""
    weights = class_weights(labels, labels.max() + 1, AUTO)
    assert weights[labels].mean() == pytest.approx(1)
    effective = [sum(0.999**k for k in range(count)) for count in np.bincount(labels)]
    np.testing.assert_allclose(weights * effective, weights[0] * effective[0])


def test_a_class_without_images_has_no_weight_and_no_recipe_no_weights():
    assert class_weights(np.array([0, 0, 2]), 4, BALANCED) == pytest.approx([0.75, 0, 1.5, 0])
    assert class_weights(np.array([0, 1]), 2, Recipe()) is None


SHARES = np.array([[1, 0, 0], [0, 0, 1], [0.25, 0.75, 0]], "float32")
LOGITS = np.array([[3.0, -1.0, 0.5], [-2.0, 8.0, 1.0], [0.0, 0.1, -4.0]], "float32")
WEIGHTS = np.array([0.25, 1.0, 4.0])


@pytest.mark.parametrize("gives_probabilities", [False, True])
@pytest.mark.parametrize("smoothing", [0, 0.3])
def test_images_count_by_the_classes_they_are_mixed_of_whatever_the_smoothing(smoothing, gives_probabilities, keras_of):
    targets = SHARES * (1 - smoothing) + smoothing / 3
    recipe = Recipe(class_weights="auto", label_smoothing=smoothing)
    loss = loss_of(keras_of, recipe, WEIGHTS, gives_probabilities=gives_probabilities, taught=False)
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        losses = loss(tf.constant(targets), tf.nn.softmax(logits) if gives_probabilities else logits)
    of_images = np.array([0.25, 4.0, 0.25 * 0.25 + 0.75 * 1.0])
    cross_entropy = -(targets * log_softmax(LOGITS, axis=1)).sum(axis=1)
    np.testing.assert_allclose(losses, of_images * cross_entropy, rtol=1e-4)
    expected = of_images[:, None] * (tf.nn.softmax(LOGITS) - targets)
    np.testing.assert_allclose(tape.gradient(losses, logits), expected, rtol=1e-3, atol=1e-5)


@pytest.fixture(params=["keras", "tf_keras"])
def keras_of(request):
    return pytest.importorskip(request.param)


def test_what_teachers_answer_says_nothing_of_the_weight():
    def loss(targets, outputs):
        return tf.ones(len(outputs))

    both = tf.concat([SHARES, SHARES[::-1]], axis=1)
    assert weighted(loss, WEIGHTS, 0)(both, LOGITS).numpy() == pytest.approx([0.25, 4, 0.8125])


@given(labels_of_all, st.integers(1, 50), st.integers(0, 9), st.integers(1, 5))
def test_sampled_classes_and_their_images_take_turns(labels, size, seed, epochs):
    images_of = balanced_sampling(labels, size, seed)
    drawn = [images_of(epoch).numpy() for epoch in range(epochs)]
    classes = labels.max() + 1
    for images in (*drawn, np.concatenate(drawn)):
        assert np.ptp(np.bincount(labels[images], minlength=classes)) <= 1
    images = np.bincount(np.concatenate(drawn), minlength=len(labels))
    assert all(np.ptp(images[labels == label]) <= 1 for label in range(classes))


def test_the_seed_says_which_images_come_first():
    labels = np.repeat([0, 1], [100, 4])
    one, same, other = (balanced_sampling(labels, 16, seed)(0).numpy().tolist() for seed in (0, 0, 1))
    assert one == same != other


def uneven(*counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    split = Split(ArraySource(np.zeros((len(labels), 4, 4, 1), np.uint8)), labels)
    return Dataset("toy", ("daisy", "rose", "tulip"), (4, 4, 1), split, split, split, {})


def test_uneven_classes_are_told_with_what_to_set(capsys):
    tell_imbalance(uneven(1200, 90, 500), Recipe())
    said = capsys.readouterr().err
    assert "toy: class 'daisy' has 1,200 training images, 'rose' has 90, a ratio of 13.3 to 1" in said
    assert "sampling=balanced or class_weights=auto" in said
    tell_imbalance(uneven(1200, 90, 500), SAMPLED)
    assert "class_weights" not in capsys.readouterr().err
    tell_imbalance(uneven(250, 100, 100), Recipe())
    assert not capsys.readouterr().err


def test_weights_and_sampling_together_are_refused():
    with pytest.raises(EdgezooError, match="set one of them"):
        Recipe(class_weights="auto", sampling="balanced")
    with pytest.raises(EdgezooError, match="class_weights must be one of null, auto, balanced"):
        Recipe(class_weights="yes")
