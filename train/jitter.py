"""Colour jitter."""

import tensorflow as tf


class Jitter:
    """Gives each image another brightness, contrast and saturation.

    Brightness is a factor of all pixels, contrast one of the distance to the image's mean gray, and saturation one of
    the distance to the pixel's own gray (luma of ITU-R BT.601). What leaves 0 to 255 is cut off in the end, so that
    their order makes no difference. An image of one channel has no saturation. Keras' ``RandomColorJitter`` takes no
    gray images, and its colours leave the range.

    Args:
        strength: from 0 to 1; how far from 1 the factors may be.
    """

    def __init__(self, strength):
        self._strength = strength

    def draw(self, seeds, images):
        """float32 [b, 3], the factors of each image."""
        return tf.random.stateless_uniform(
            [tf.shape(images)[0], 3], seeds.next(), 1 - self._strength, 1 + self._strength
        )

    def apply(self, images, targets, drawn):
        """The changed images, [b, H, W, C] of 1 or 3 channels, and the targets as they are."""
        brightness, contrast, saturation = tf.split(drawn[:, :, None, None], 3, axis=1)
        gray = images if images.shape[3] == 1 else tf.image.rgb_to_grayscale(images)
        mean = tf.reduce_mean(gray, axis=(1, 2, 3), keepdims=True)
        images = gray + (images - gray) * saturation
        images = (mean + (images - mean) * contrast) * brightness
        return tf.clip_by_value(images, 0, 255), targets
