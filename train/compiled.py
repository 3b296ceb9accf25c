"""Many training steps as one program that XLA compiles, with all images in the device's memory.

On a GPU a step of a small network is a hundred launches of kernels that each have next to nothing to do. Compiled, they
are few, and nothing waits between two steps.
"""

import math
import re

import keras
import tensorflow as tf

from ..common.errors import EdgezooError
from ..common.text import one_line
from . import stream
from .augment import Augmentation
from .trainer import Trainer

#: Most steps of one call: Ctrl-C, progress and a loss that has diverged are looked at between two calls.
_MOST_STEPS = 32
#: Images read at a time.
_READ_AT_ONCE = 4096


class CannotCompile(EdgezooError):
    """XLA does not take the training steps.

    Args:
        error: what it raised.

    Attributes:
        reason: why, on one line.
    """

    def __init__(self, error):
        said = one_line(getattr(error, "message", error))
        self.reason = re.sub(r" \(No registered .*", "", said)[:200].rstrip(".")
        super().__init__(
            f"XLA cannot compile these training steps: {self.reason}; train into another folder with jit_compile: auto."
        )


def chunk_length(split, recipe):
    """Steps of one call: those of an epoch in parts as even as can be."""
    steps = stream.steps_per_epoch(split, recipe)
    return math.ceil(steps / math.ceil(steps / _MOST_STEPS))


class CompiledTrainer(Trainer):
    """Trains as ``Trainer`` does, on the very same batches, by a program that takes many steps at a call.

    What layers of the network draw, as dropout does, are other numbers: XLA's.

    Args:
        model: see ``network.trainer``; it may be that of another trainer, which goes on where this one ends.
        split: ``Split`` to train on; all its images are read now, as uint8.
        recipe: ``Recipe`` whose ``Augmentation`` has no obstacle.
    """

    def __init__(self, model, split, recipe):
        super().__init__(model)
        self._recipe, self._classes, self._augmentation = recipe, model.output_shape[-1], Augmentation(recipe)
        parts = [tf.constant(images) for images, _ in split.batches(_READ_AT_ONCE)]
        self._images, self._labels = tf.concat(parts, axis=0), tf.constant(split.labels, tf.int32)
        self._take_steps, self._compiles = tf.function(self._steps, autograph=False, jit_compile=True), False

    def batches(self, split, classes, recipe, *, first_epoch=0):
        """What ``fit`` takes: see ``stream.training_chunks``."""
        return stream.training_chunks(split, recipe, chunk_length(split, recipe), first_epoch=first_epoch)

    def fit(self, chunks, *, steps_per_epoch, initial_epoch=0, epochs=1, callbacks=(), **options):
        """As ``keras.Model.fit``; calls back after each chunk, with the number of its last step.

        Raises:
            CannotCompile: XLA does not take the steps; nothing has changed.
        """
        calls = keras.callbacks.CallbackList(list(callbacks), epochs=epochs, steps=steps_per_epoch)
        chunks = iter(chunks)
        calls.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            calls.on_epoch_begin(epoch)
            done, sums = 0, 0
            while done < steps_per_epoch:
                count, order, drawn = next(chunks)
                sums += self._taken(count, order, drawn)
                done += int(count)
                logs = dict(zip(("loss", "accuracy"), (sums / done).tolist(), strict=True))
                calls.on_train_batch_end(done - 1, logs)
            calls.on_epoch_end(epoch, logs)
        calls.on_train_end()

    def _taken(self, *chunk):
        """The sums of ``_steps``, once they are there."""
        try:
            sums = self._take_steps(self._images, self._labels, *chunk).numpy()
        except tf.errors.ResourceExhaustedError:
            raise
        except (tf.errors.OpError, TypeError, ValueError) as error:
            if self._compiles:
                raise
            raise CannotCompile(error) from error
        self._compiles = True
        return sums

    def _steps(self, images, labels, count, order, drawn):
        """Trains; float32 [2], the sums of the steps' losses and accuracies."""

        def step(number, sums):
            indices, own = tf.nest.map_structure(lambda each: tf.gather(each, number), (order, drawn))
            pixels = tf.cast(tf.gather(images, indices), tf.float32)
            targets = stream.targets_of(tf.gather(labels, indices), self._classes, self._recipe)
            return number + 1, sums + self._step(*self._augmentation.apply(pixels, targets, own))

        return tf.while_loop(lambda number, _: number < count, step, (0, tf.zeros(2)))[1]

    def _step(self, images, targets):
        """One step as Keras' own takes it; float32 [2], loss and accuracy."""
        model = self._model
        with tf.GradientTape() as tape:
            outputs = model(images, training=True)
            loss = model.compute_loss(images, targets, outputs)
            scaled = model.optimizer.scale_loss(loss)
        model.optimizer.apply(tape.gradient(scaled, model.trainable_variables), model.trainable_variables)
        hits = tf.equal(tf.argmax(outputs, -1), tf.argmax(targets, -1))
        return tf.stack([loss, tf.reduce_mean(tf.cast(hits, tf.float32))])
