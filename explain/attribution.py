"""Where in the image the answer comes from."""

import collections

import numpy as np

from ..common.errors import EdgezooError
from ..common.progress import track
from .gradients import gradient
from .layers import by_name, choose, rank


def saliency(flat, pixels, class_index, *, steps=32):
    """How much each pixel moves the logit of a class: the mean of ∂logit/∂pixel while the picture appears.

    A gradient (Simonyan et al. 2013, «Deep Inside Convolutional Networks») tells what the next small change would do,
    which in a picture that the network is sure of is mostly noise. So it is averaged over the way from a plane of the
    picture's median colour to the picture, as for integrated gradients (Sundararajan et al. 2017, «Axiomatic
    Attribution for Deep Networks», equation 3). Their factor, the pixel's own difference from the plane, is left out:
    with it the picture itself is what one sees.

    Args:
        flat: ``zoo.flattening.Flat`` that ends in logits, such as ``Classifier.plain(logits=True, policy="float32")``.
        pixels: uint8 [H, W, C].
        class_index: which logit.
        steps: pictures on the way.

    Returns:
        float32 [H, W], ≥ 0: the largest magnitude over the channels.

    Raises:
        EdgezooError: the network has an operation without a gradient.
    """
    import tensorflow as tf

    plane = np.median(pixels, axis=(0, 1), keepdims=True)
    shares = (np.arange(steps) + 0.5) / steps
    images = tf.Variable((plane + shares[:, None, None, None] * (pixels - plane)).astype(np.float32))
    with tf.GradientTape() as tape:
        logit = tf.reduce_sum(flat.network(images, training=False)[:, class_index])
    return np.abs(gradient(tape, logit, images).numpy().mean(axis=0)).max(axis=-1)


def grad_cam(flat, pixels, class_index, pattern=None):
    """Which places of a convolution's features speak for a class.

    Selvaraju et al. 2017, «Grad-CAM»: the feature maps, weighted by the mean gradient of the logit, equations 1 and 2.
    The logit is taken less the mean of all: what they share changes no answer, and can hide what speaks for a class.

    Args:
        flat, pixels, class_index: as for ``saliency``.
        pattern: shell pattern of the layer's name; of several that fit the last one counts. ``None``: the last layer
            with feature maps of more than one place, or those of all branches that meet behind their feature maps, as
            those of an ensemble do, whose weighted maps are summed.

    Returns:
        ``(heat, layers)``: float32 [H, W] ≥ 0, bilinearly enlarged to the image's size, and the layers' names.

    Raises:
        EdgezooError: the network has no feature maps (a dense one), nothing fits the pattern, or an operation behind
            the maps has no gradient.
    """
    import keras
    import tensorflow as tf

    maps, ends = _maps_and_ends(flat)
    if not maps:
        raise EdgezooError(
            "Grad-CAM needs feature maps, and this network has none (dense layers only); take saliency or occlusion."
        )
    layers = choose(list(maps), pattern, "feature maps")[-1:] if pattern else ends
    network = keras.Model(flat.network.inputs[0], [[maps[layer].output for layer in layers], flat.network.outputs[0]])
    image = tf.constant(pixels[None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(image)  # the weights may be frozen, and would not be watched by themselves
        features, scores = network(image, training=False)
        lead = _lead(scores, class_index)
    heat = 0
    for values, slopes in zip(features, gradient(tape, lead, features), strict=True):
        weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
        heat += tf.image.resize(tf.reduce_sum(weights * values, axis=-1, keepdims=True), pixels.shape[:2])
    return tf.nn.relu(heat).numpy()[0, ..., 0], layers


def _maps_and_ends(flat):
    """Feature maps of more than one place, name → ``Step``, and the names of those that no others are made of.

    What stands in front of the first weights, or is an adapted normalization, prepares the picture and is none.
    """
    import keras

    maps, followed = {}, set()
    learned, sources = set(), collections.defaultdict(set)  # tensors; the feature maps that a tensor is made of
    for name, step in by_name(flat).items():
        reads, results = (set(map(id, keras.tree.flatten(each))) for each in (step.reads, step.output))
        weighs = getattr(step.operation, "weights", ()) and not isinstance(step.operation, keras.layers.Normalization)
        made_of = set().union(*(sources[tensor] for tensor in reads))
        if weighs or reads & learned:
            learned |= results
            if rank(step) == 4 and tuple(step.output.shape[1:3]) != (1, 1):
                maps[name] = step
                followed |= made_of
                made_of = {name}
        sources.update(dict.fromkeys(results, made_of))
    return maps, [name for name in maps if name not in followed]


def _lead(logits, class_index):
    """How far a class' logit is above the mean of all."""
    import tensorflow as tf

    return logits[:, class_index] - tf.reduce_mean(logits, axis=1)


def occlusion(predict, pixels, class_index, *, patch=None):
    """How much of a class' score is lost when a part of the image is covered.

    Zeiler & Fergus 2013, «Visualizing and Understanding Convolutional Networks». A square of the image's mean colour
    slides over it by half its side; each pixel gets the mean loss of the squares that cover it.

    Args:
        predict: function from uint8 [n, H, W, C] to float [n, classes]; no gradients are needed.
        pixels: uint8 [H, W, C].
        class_index: which score.
        patch: side of the square in pixels; a fifth of the shorter side by default.

    Returns:
        float32 [H, W]; negative where covering raises the score.
    """
    height, width, _ = pixels.shape
    patch = patch or max(2, round(min(height, width) / 5))
    gray = pixels.mean(axis=(0, 1)).round().astype(np.uint8)
    # The first squares hang over the edge, so that the pixels at the edge are covered as often as all others.
    starts = [range(-patch // 2, side, max(1, patch // 2)) for side in (height, width)]
    places = [
        (slice(max(top, 0), top + patch), slice(max(left, 0), left + patch)) for top in starts[0] for left in starts[1]
    ]
    whole = float(predict(pixels[None])[0, class_index])
    loss, times = np.zeros((height, width)), np.zeros((height, width))
    batches = [places[first : first + 256] for first in range(0, len(places), 256)]
    for batch in track(batches, "occlusion"):
        images = np.repeat(pixels[None], len(batch), axis=0)
        for image, place in zip(images, batch, strict=True):
            image[place] = gray
        for place, score in zip(batch, predict(images)[:, class_index], strict=True):
            loss[place] += whole - score
            times[place] += 1
    return (loss / times).astype(np.float32)
