import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax, softmax

from edgezoo.train.distillation import distillation_loss, with_soft_targets

TARGETS = np.array([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8]], "float32")
SOFT = np.array([[0.5, 0.25, 0.25], [0.125, 0.0, 0.875]], "float32")
LOGITS = np.array([[3.0, -1.0, 0.5], [-2.0, 8.0, 1.0]], "float32")


def by_formula(temperature, alpha):
    """Hinton et al. 2015 in float64, for each image."""
    entropy = [sum(p * np.log(p) for p in row if p) for row in SOFT.astype(float)]
    divergence = entropy - (SOFT * log_softmax(LOGITS.astype(float) / temperature, axis=1)).sum(1)
    cross_entropy = -(TARGETS * log_softmax(LOGITS.astype(float), axis=1)).sum(1)
    return (1 - alpha) * cross_entropy + alpha * temperature**2 * divergence


def loss_of(logits, temperature, alpha, gives_probabilities, soft=SOFT):
    outputs = tf.nn.softmax(logits) if gives_probabilities else logits
    loss = distillation_loss(temperature, alpha, gives_probabilities=gives_probabilities)
    return loss(with_soft_targets(TARGETS, soft), outputs)


@pytest.mark.parametrize("gives_probabilities", [False, True])
@pytest.mark.parametrize(("temperature", "alpha"), [(1, 0), (1, 1), (4, 0.9), (20, 0.5), (0.5, 1)])
def test_the_loss_is_that_of_the_formula(temperature, alpha, gives_probabilities):
    loss = loss_of(LOGITS, temperature, alpha, gives_probabilities)
    np.testing.assert_allclose(loss, by_formula(temperature, alpha), rtol=1e-4)


@pytest.mark.parametrize("gives_probabilities", [False, True])
def test_the_gradient_is_that_of_the_paper(gives_probabilities):
    """Its equation 2, (q − p) / T, times T²."""
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        loss = loss_of(logits, 4.0, 1.0, gives_probabilities)
    expected = 4 * (softmax(LOGITS / 4, axis=1) - SOFT)
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("gives_probabilities", [False, True])
def test_a_student_that_answers_as_its_teacher_has_nothing_to_learn(gives_probabilities):
    soft = softmax(LOGITS / 3, axis=1)
    np.testing.assert_allclose(loss_of(LOGITS, 3.0, 1.0, gives_probabilities, soft), 0, atol=1e-5)


@pytest.mark.parametrize("gives_probabilities", [False, True])
def test_answers_beyond_any_doubt_are_no_infinities(gives_probabilities):
    logits, soft = tf.Variable([[500.0, 0, -500], [0, 0, 200]]), np.eye(3, dtype="float32")[:2]
    with tf.GradientTape() as tape:
        loss = loss_of(logits, 4.0, 0.9, gives_probabilities, soft)
    assert np.isfinite(loss).all() and np.isfinite(tape.gradient(loss, logits)).all()
