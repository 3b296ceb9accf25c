"""Keras' augmentation layers, with random draws that are a function of given seeds.

Keras' layers draw from a generator whose state moves on with every call. In a parallel pipeline the order of the calls
is chance, and after a restart the state is lost. Here each batch brings its own seed, and the layers' draws are derived
from it alone: any batch of any epoch can be made again, in any order, on any number of threads.
"""

import keras
import tensorflow as tf


class _SeedsOfBatch(keras.random.SeedGenerator):
    """Stands in for a layer's own generator: numbered seeds that are derived from a batch's seed, and no state.

    The base class is what Keras asks for by type; its state, a variable, is what must not be here.
    """

    def __init__(self):
        self._initial_seed = None
        self._root, self._drawn = None, 0

    def restart(self, root):
        """Draws for another batch; ``root`` is an int32 [2] tensor."""
        self._root, self._drawn = root, 0

    def next(self, ordered=True):
        self._drawn += 1
        return tf.random.experimental.stateless_fold_in(self._root, self._drawn)


def augmentation(recipe):
    """The recipe's augmentation as one function on batches, for ``tf.data.Dataset.map``.

    Args:
        recipe: ``Recipe``; the order is flip, shift, RandAugment, erase, mixup or cutmix, resize.

    Returns:
        A function from a seed (int32 [2]), images (float32 [b, H, W, C], 0–255) and targets (float32 [b, classes]) to
        images and targets of the same shapes, but for ``resize``, which gives each batch another height and width. The
        same seed gives the same result to the bit.
    """
    # Whatever the global policy is, pixels are augmented in float32.
    options = {"dtype": "float32"}
    layers = []
    if recipe.flip:
        layers.append(keras.layers.RandomFlip(recipe.flip, **options))
    if recipe.shift:
        # Whole pixels: interpolation would blur the training images, but not those of the test.
        layers.append(keras.layers.RandomTranslation(recipe.shift, recipe.shift, interpolation="nearest", **options))
    if recipe.randaugment:
        layers.append(keras.layers.RandAugment(factor=recipe.randaugment, **options))
    if recipe.erase:
        layers.append(keras.layers.RandomErasing(factor=(recipe.erase, recipe.erase), **options))
    mixers = []
    if recipe.mixup:
        mixers.append(keras.layers.MixUp(alpha=recipe.mixup, **options))
    if recipe.cutmix:
        mixers.append(keras.layers.CutMix(factor=(recipe.cutmix, recipe.cutmix), **options))

    seeds = _SeedsOfBatch()
    for layer in (*layers, *mixers):
        layer.generator = seeds

    def augment(seed, images, targets):
        seeds.restart(seed)
        batch = {"images": images, "labels": targets}
        for layer in layers:
            batch = layer(batch)
        if len(mixers) == 2:
            first = tf.random.stateless_uniform([], seeds.next()) < 0.5
            batch = tf.cond(first, lambda: mixers[0](dict(batch)), lambda: mixers[1](dict(batch)))
        elif mixers:
            batch = mixers[0](batch)
        images = batch["images"]
        if recipe.resize:
            # Even in the logarithm: half of the batches shrink.
            power = tf.random.stateless_uniform([], seeds.next(), -1, 1)
            sides = tf.cast(tf.shape(images)[1:3], tf.float32) * (1 + recipe.resize) ** power
            images = tf.image.resize(images, tf.cast(tf.round(sides), tf.int32), antialias=True)
        return images, batch["labels"]

    return augment
