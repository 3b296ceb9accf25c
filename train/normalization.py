"""Batch normalization in one kernel."""

import keras
import tensorflow as tf


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """``keras.layers.BatchNormalization`` that trains faster; same configuration, weights and results.

    Keras 3 normalizes training batches with a dozen element-wise operations, each of which reads and writes the whole
    batch; TensorFlow has a kernel that does it in one, forward and backward. ``benchmarks/training_profile.py``
    measures what that is worth. What the kernel does not cover (other axes than the last of four, masks, statistics
    over several devices) and inference are Keras' own.
    """

    def call(self, inputs, training=None, mask=None):
        """As Keras' layer: a batch [b, H, W, C], normalized by its own statistics if ``training``."""
        covered = len(inputs.shape) == 4 and self.axis in (-1, 3) and mask is None and not self.synchronized
        if not (training and self.trainable and covered):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(channels),
            offset=tf.convert_to_tensor(self.beta) if self.center else tf.zeros(channels),
            mean=tf.constant([]),
            variance=tf.constant([]),
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel's variance is the unbiased estimate, Keras averages the batch's own.
        n = tf.cast(tf.size(inputs) // channels, tf.float32)
        for average, value in ((self.moving_mean, mean), (self.moving_variance, variance * (n - 1) / n)):
            average.assign(average * self.momentum + value * (1 - self.momentum))
        return outputs
