"""Random resized crops."""

import math

import tensorflow as tf

#: How much wider or narrower than the image a part may be.
_ASPECT = 4 / 3


class Crop:
    """Shows a part of each image at the size of the image (Szegedy et al. 2015, «Going Deeper with Convolutions»).

    Args:
        smallest: area of the smallest part, as a share of the image's.
    """

    def __init__(self, smallest):
        self._smallest = smallest

    def draw(self, seeds, images):
        """float32 [b, 4]: top, left, height, width of a box in each image, as shares of its sides.

        Areas are even, and so is the logarithm of width to height, relative to the image's own, from 3/4 to 4/3. A side
        that would be longer than the image's is cut off.
        """
        area, aspect, top, left = tf.unstack(tf.random.stateless_uniform([4, tf.shape(images)[0]], seeds.next()))
        root = tf.sqrt(self._smallest + (1 - self._smallest) * area)
        stretch = tf.exp((2 * aspect - 1) * math.log(_ASPECT) / 2)
        height, width = tf.minimum(root / stretch, 1), tf.minimum(root * stretch, 1)
        return tf.stack([top * (1 - height), left * (1 - width), height, width], axis=1)

    def apply(self, images, targets, drawn):
        """What lies in the boxes, [b, H, W, C], by linear interpolation, and the targets as they are.

        A part is never made smaller, which would need an average over more than the two nearest pixels.
        """
        top, left, height, width = tf.split(drawn, 4, axis=1)
        return _sampled(_sampled(images, 1, top, height), 2, left, width), targets


def _sampled(images, axis, start, length):
    """Along one axis, as many places as it has pixels, from ``start`` on; centres of pixels lie at half numbers."""
    side = images.shape[axis]
    places = start * side + (tf.range(side, dtype=tf.float32) + 0.5) * length - 0.5
    places = tf.clip_by_value(places, 0, side - 1)
    low = tf.floor(places)
    first, second = (
        tf.gather(images, tf.cast(index, tf.int32), axis=axis, batch_dims=1)
        for index in (low, tf.minimum(low + 1, side - 1))
    )
    share = tf.reshape(places - low, [-1, *(side if each == axis else 1 for each in (1, 2, 3))])
    return first + (second - first) * share
