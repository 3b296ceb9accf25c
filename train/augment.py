"""Augmentation in two parts: what is drawn, as a function of given seeds, and what is done with it.

Keras' layers draw from a generator whose state moves on with every call. In a parallel pipeline the order of the calls
is chance, and after a restart the state is lost. Here each batch brings its own seed, and all draws are derived from it
alone: any batch of any epoch can be made again, in any order, on any number of threads.

The two parts are apart because XLA draws other numbers than TensorFlow from the same seed. A compiled training step
(``compiled.py``) is given what was drawn outside of it, and so sees the very batches that it would see uncompiled.
"""

import keras
import tensorflow as tf

from .cropping import Crop
from .jitter import Jitter
from .shifting import Shift


class _SeedsOfBatch(keras.random.SeedGenerator):
    """Stands in for a layer's own generator: numbered seeds that are derived from a batch's seed, and no state.

    The base class is what Keras asks for by type; its state, a variable, is what must not be here.
    """

    def __init__(self, root):
        self._initial_seed = None
        self._root, self._drawn = root, 0

    def next(self, ordered=True):
        self._drawn += 1
        return tf.random.experimental.stateless_fold_in(self._root, self._drawn)


class _ByKeras:
    """A layer of Keras' as a part of ``Augmentation``."""

    def __init__(self, layer):
        self._layer = layer

    def draw(self, seeds, images):
        self._layer.generator = seeds
        drawn = self._layer.get_random_transformation({"images": images})
        drawn.pop("input_shape", None)  # not drawn, and no tensor
        return drawn

    def apply(self, images, targets, drawn):
        return self._layer.transform_images(images, drawn), self._layer.transform_labels(targets, drawn)


class _OneOf:
    """One of two parts for the whole batch, at even odds."""

    def __init__(self, first, second):
        self._parts = first, second

    def draw(self, seeds, images):
        takes_first = tf.random.stateless_uniform([], seeds.next()) < 0.5
        return takes_first, *(part.draw(seeds, images) for part in self._parts)

    def apply(self, images, targets, drawn):
        takes_first, *drawn = drawn
        first, second = (
            lambda part=part, own=own: part.apply(images, targets, own)
            for part, own in zip(self._parts, drawn, strict=True)
        )
        return tf.cond(takes_first, first, second)


class Augmentation:
    """A recipe's augmentation of batches: crop, jitter, flip, shift, RandAugment, erase, mixup or cutmix, and resize.

    Its parts have two methods: ``draw(seeds, images)``, which takes of the images their shape alone and of ``seeds``
    as many as it needs by ``next()``, and ``apply(images, targets, drawn)``, which is a function of its arguments.

    Args:
        recipe: ``Recipe``.

    Attributes:
        obstacle: the setting of the recipe that keeps XLA from compiling ``apply``, or ``None``.
    """

    def __init__(self, recipe):
        # Whatever the global policy is, pixels are augmented in float32.
        options = {"dtype": "float32"}
        self._parts = []
        if 0 < recipe.crop < 1:
            self._parts.append(Crop(recipe.crop))
        if recipe.jitter:
            self._parts.append(Jitter(recipe.jitter))
        if recipe.flip:
            self._parts.append(_ByKeras(keras.layers.RandomFlip(recipe.flip, **options)))
        if recipe.shift:
            self._parts.append(Shift(recipe.shift))
        if recipe.randaugment:
            self._parts.append(_ByKeras(keras.layers.RandAugment(factor=recipe.randaugment, **options)))
        if recipe.erase:
            self._parts.append(_ByKeras(keras.layers.RandomErasing(factor=(recipe.erase, recipe.erase), **options)))
        mixers = []
        if recipe.mixup:
            mixers.append(_ByKeras(keras.layers.MixUp(alpha=recipe.mixup, **options)))
        if recipe.cutmix:
            mixers.append(_ByKeras(keras.layers.CutMix(factor=(recipe.cutmix, recipe.cutmix), **options)))
        self._parts += [_OneOf(*mixers)] if len(mixers) == 2 else mixers
        self._resize = recipe.resize
        self.obstacle = next((name for name in ("resize", "randaugment") if getattr(recipe, name)), None)

    def draw(self, seed, images):
        """What is random for one batch.

        Args:
            seed: int32 [2].
            images: float32 [b, H, W, C], of which only the shape counts.

        Returns:
            Nested tensors for ``apply``; the same seed gives the same to the bit.
        """
        seeds = _SeedsOfBatch(seed)
        drawn = [part.draw(seeds, images) for part in self._parts]
        if self._resize:
            # Even in the logarithm: half of the batches shrink.
            drawn.append(tf.random.stateless_uniform([], seeds.next(), -1, 1))
        return tuple(drawn)

    def apply(self, images, targets, drawn):
        """The augmented batch.

        Args:
            images: float32 [b, H, W, C], 0–255.
            targets: float32 [b, classes].
            drawn: what ``draw`` gave for this shape.

        Returns:
            Images and targets of the same shapes, but for ``resize``, which gives each batch another height and width.
        """
        for part, own in zip(self._parts, drawn, strict=False):
            images, targets = part.apply(images, targets, own)
        if self._resize:
            sides = tf.cast(tf.shape(images)[1:3], tf.float32) * (1 + self._resize) ** drawn[-1]
            images = tf.image.resize(images, tf.cast(tf.round(sides), tf.int32), antialias=True)
        return images, targets
