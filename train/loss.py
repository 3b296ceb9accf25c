"""The loss of a recipe, for either version of Keras."""

from .balancing import weighted
from .distillation import distillation_loss


def loss_of(keras, recipe, class_weights, *, gives_probabilities, taught):
    """What training makes small.

    Args:
        keras: the module, of Keras 3 or ``tf_keras``.
        recipe: ``Recipe``.
        class_weights: as ``balancing.class_weights`` gives them, or ``None``.
        gives_probabilities: whether the network ends in a softmax (or the two columns of a sigmoid), not in logits.
        taught: whether targets have answers of teachers beside them (``with_soft_targets``).

    Returns:
        What ``compile`` takes: Keras' own cross-entropy, or a function from targets and outputs to float32 [b].
    """
    if taught:
        loss = of_images = distillation_loss(recipe.temperature, recipe.alpha, gives_probabilities=gives_probabilities)
    else:
        loss = keras.losses.CategoricalCrossentropy(from_logits=not gives_probabilities)
        of_images = loss.call
    return loss if class_weights is None else weighted(of_images, class_weights, recipe.label_smoothing)
