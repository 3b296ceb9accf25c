"""Random shifts by whole pixels."""

import tensorflow as tf


class Shift:
    """Moves each image by up to a share of its sides; what comes in at an edge is the image's mirror image.

    The pixels are those of ``keras.layers.RandomTranslation`` with nearest interpolation, which is a projective warp:
    XLA has none, and to look two rows of indices up is less work. Interpolation would blur the training images, but not
    those of the test.

    Args:
        most: share of the side, 0 to 1.
    """

    def __init__(self, most):
        self._most = most

    def draw(self, seeds, images):
        """float32 [b, 2], how far each image moves down and right, in pixels."""
        count, height, width = tf.unstack(tf.shape(images)[:3])
        shares = [tf.random.stateless_uniform([count], seeds.next(), -self._most, self._most) for _ in range(2)]
        return tf.stack(shares, axis=1) * tf.cast(tf.stack([height, width]), tf.float32)

    def apply(self, images, targets, drawn):
        """The moved images, [b, H, W, C], and the targets as they are."""
        for axis, distance in ((1, drawn[:, :1]), (2, drawn[:, 1:])):
            side = images.shape[axis]
            places = tf.cast(tf.round(tf.range(side, dtype=tf.float32) - distance), tf.int32)
            # dcba|abcd|dcba: -1 is 0, and `side` is `side - 1`.
            places = tf.where(places < 0, -1 - places, places)
            places = tf.where(places >= side, 2 * side - 1 - places, places)
            images = tf.gather(images, places, axis=axis, batch_dims=1)
        return images, targets
