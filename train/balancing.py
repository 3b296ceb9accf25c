"""What makes up for classes of few images: weights of classes in the loss, or images that are shown more often."""

import numpy as np
import tensorflow as tf

from ..common.progress import note
from ..datasets.imbalance import NOTABLE, imbalance, in_words

#: β of the effective number of images, as Cui et al. took for ImageNet and iNaturalist: a class of 10 images counts as
#: 10, one of 1,000 as 632, and none as more than 1,000.
BETA = 0.999


def class_weights(labels, classes, recipe):
    """What an image of each class counts in the loss, 1 on average over the images.

    Args:
        labels: integers [n], of all training images.
        classes: their number.
        recipe: ``Recipe``; ``class_weights`` is ``"balanced"``, one by the number of images, or ``"auto"``, one by the
            effective number (1 − βⁿ) / (1 − β) (Cui et al. 2019, «Class-Balanced Loss Based on Effective Number of
            Samples»), by which more images of what a class has many of bring ever less.

    Returns:
        float64 [classes], 0 for a class without images; ``None`` where the recipe sets no weights.
    """
    if not recipe.class_weights:
        return None
    counts = np.bincount(labels, minlength=classes)
    effective = (1 - BETA**counts) / (1 - BETA) if recipe.class_weights == "auto" else counts
    weights = np.divide(1, effective, out=np.zeros(classes), where=counts > 0)
    return weights * (len(labels) / (weights @ counts))


def weighted(loss, weights, smoothing):
    """A loss in which images count by their classes; those that are mixed of several, by the shares of these.

    Args:
        loss: function from targets and outputs to float32 [b]. The first ``len(weights)`` columns of the targets are
            shares of classes, that sum to 1.
        weights: of the classes, as ``class_weights`` gives them.
        smoothing: share of the targets that is spread evenly over all classes, and says nothing of the image's own.

    Returns:
        A function of the same kind.
    """
    weights = np.asarray(weights)
    # Targets sum to 1, so that what they are smoothed by can be taken out of the weights instead.
    unsmoothed = (weights - smoothing * weights.mean()) / (1 - smoothing)

    def of_images(targets, outputs):
        shares = targets[:, : len(weights)]
        return tf.linalg.matvec(shares, tf.constant(unsmoothed, shares.dtype)) * loss(targets, outputs)

    return of_images


def balanced_sampling(labels, size, seed):
    """Which images an epoch has where each class is to be shown equally often.

    Classes take turns, and so do the images of each, in an order of the seed: over the whole training any two classes
    differ by at most one draw, and so do any two images of one class.

    Args:
        labels: integers [n], of all training images.
        size: images of an epoch.
        seed: of the order.

    Returns:
        A function from an epoch, counted from 0, to int64 [size], numbers of images, not shuffled.
    """
    mixed = np.random.default_rng(seed).permutation(len(labels))
    members = mixed[np.argsort(labels[mixed], kind="stable")]
    _, starts, counts = np.unique(labels[members], return_index=True, return_counts=True)

    def images_of(epoch):
        draws = tf.cast(epoch, tf.int64) * size + tf.range(size, dtype=tf.int64)
        label, turn = draws % len(starts), draws // len(starts)
        return tf.gather(members, tf.gather(starts, label) + turn % tf.gather(counts, label))

    return images_of


def tell_imbalance(dataset, recipe):
    """Says, where training images are notably uneven, how much, and what makes up for it."""
    row = imbalance(dataset.train, dataset.class_names)
    if row["ratio"] < NOTABLE:
        return
    if recipe.balances:
        said = "the recipe makes up for that, and the best epoch is that of the best balanced accuracy."
    else:
        said = (
            "rare classes are learned worse. The recipe's setting sampling=balanced or class_weights=auto (--set) "
            "makes up for that; look at the balanced accuracy of evaluate, too, which counts all classes alike."
        )
    note(f"{dataset.name}: {in_words(row)}: {said}")
