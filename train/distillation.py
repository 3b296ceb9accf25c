"""The loss of a network that learns from labels and from other networks (Hinton et al. 2015).

It is TensorFlow alone, so that either version of Keras can train with it.
"""

import tensorflow as tf

#: Probabilities below count as this one: its logarithm and its reciprocal are finite in float32.
_SMALLEST = 1e-30


def distillation_loss(temperature, alpha, *, gives_probabilities):
    """The loss of one image: (1 − α) · CE(targets, student) + α · T² · KL(soft ‖ softmax(logits / T)).

    T² makes up for the gradients of softened answers, which shrink by it (Hinton et al. 2015, «Distilling the Knowledge
    in a Neural Network», section 2). Logits of a student that ends in probabilities are their logarithms.

    Args:
        temperature: T > 0.
        alpha: share of the teachers, 0 to 1.
        gives_probabilities: whether the student ends in a softmax (or the two columns of a sigmoid), not in logits.

    Returns:
        A function, for ``compile`` of either Keras, from what ``with_soft_targets`` gives, float32 [b, 2 · classes],
        and the student's outputs, float32 [b, classes], to float32 [b].
    """

    def loss(both, outputs):
        targets, soft = tf.split(both, 2, axis=-1)
        logits = _log(outputs) if gives_probabilities else outputs
        softened = tf.nn.log_softmax(logits / temperature)
        from_labels = tf.nn.softmax_cross_entropy_with_logits(targets, logits)
        from_teachers = tf.reduce_sum(soft * (_log(soft) - softened), axis=-1)
        return (1 - alpha) * from_labels + alpha * temperature**2 * from_teachers

    return loss


def with_soft_targets(targets, soft):
    """One tensor, float32 [b, 2 · classes], of targets and of what teachers answer, both float32 [b, classes]."""
    return tf.concat([targets, soft], axis=-1)


def _log(probabilities):
    return tf.math.log(tf.maximum(probabilities, _SMALLEST))
