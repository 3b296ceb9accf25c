"""Images that excite a channel most: what a filter looks for, drawn by the network itself."""

import numpy as np

from ..common.progress import track
from .gradients import gradient
from .layers import by_name

#: Weight of the total variation: for a class, and for a channel of feature maps, the pattern of which fills the image.
#: Less gives noise, more a gray plane (tried by eye on 28 to 96 pixels).
_SMOOTHNESS_OF_CLASS, _SMOOTHNESS_OF_MAP = 20, 2


def maximize_activation(flat, layer, input_shape, channels, *, steps=256, seed=0):
    """Gradient ascent from noise to the image that a channel answers most strongly to.

    Erhan et al. 2009, «Visualizing Higher-Layer Features of a Deep Network». Without constraints the result is noise of
    high frequency; small random shifts before every step and a penalty on differences of neighbouring pixels (total
    variation) prevent that (Olah et al. 2017, «Feature Visualization»; Mahendran & Vedaldi 2015).

    Args:
        flat: ``zoo.flattening.Flat``.
        layer: name of a layer (see ``layers.by_name``) whose output is [b, c] or [b, …, c]; ``None`` for the classes,
            of a network that ends in logits.
        input_shape: (H, W, C) of the images.
        channels: numbers of the channels.
        steps: of Adam.
        seed: of noise and shifts.

    Returns:
        float32 [len(channels), H, W, C], pixels 0–255.

    Raises:
        EdgezooError: the network has an operation without a gradient.
    """
    import keras
    import tensorflow as tf

    target = by_name(flat)[layer].output if layer else flat.network.outputs[0]
    features, places = keras.Model(flat.network.inputs[0], target), list(range(1, len(target.shape) - 1))
    smoothness = _SMOOTHNESS_OF_MAP if places else _SMOOTHNESS_OF_CLASS
    random = np.random.default_rng(seed)
    noise = random.normal(0, 0.3, (len(channels), *input_shape)).astype(np.float32)
    images, optimizer = tf.Variable(noise), keras.optimizers.Adam(0.1)
    optimizer.build([images])
    numbers = tf.constant(list(channels))

    @tf.function
    def step(shift):
        with tf.GradientTape() as tape:
            # A sigmoid keeps pixels in their range without a clip, behind which there is no gradient.
            pixels = 255 * tf.sigmoid(tf.roll(images, shift, axis=(1, 2)))
            output = tf.reduce_mean(features(pixels, training=False), axis=places)
            activation = tf.gather(output, numbers, axis=1)
            excitement = tf.reduce_sum(tf.linalg.diag_part(activation))
            roughness = tf.reduce_sum(tf.image.total_variation(pixels / 255)) / (input_shape[0] * input_shape[1])
            loss = smoothness * roughness - excitement / scale
        optimizer.apply_gradients([(tape.gradient(loss, images), images)])

    # Layers' activations differ by orders of magnitude; in units of their own at the start the penalty means the same.
    with tf.GradientTape() as tape:
        start = features(255 * tf.sigmoid(images), training=False)
    gradient(tape, start, images)  # or the penalty alone would draw a gray plane
    scale = tf.math.reduce_std(start) + 1e-3
    furthest = max(1, round(min(input_shape[:2]) / 16))
    for _ in track(range(steps), "activation maximization"):
        step(tf.constant(random.integers(-furthest, furthest + 1, 2), tf.int32))
    return 255 * tf.sigmoid(images).numpy()
