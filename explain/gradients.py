"""Gradients, or one line where a network lets none through."""

from ..common.errors import EdgezooError


def gradient(tape, target, sources):
    """``tape.gradient(target, sources)``.

    Args:
        tape: ``tf.GradientTape``.
        target: tensor.
        sources: tensor, variable or list of tensors.

    Raises:
        EdgezooError: an operation between them has no gradient.
    """
    gradients = tape.gradient(target, sources)
    if any(each is None for each in (gradients if isinstance(gradients, list) else [gradients])):
        raise EdgezooError(
            "no gradient gets through this network: it rounds, or casts to integers, on the way; take occlusion or "
            "feature-maps."
        )
    return gradients
