"""Where in the image the answer comes from."""

import numpy as np

from ..common.errors import EdgezooError
from ..common.progress import track
from .layers import choose


def saliency(model, pixels, class_index, *, steps=32):
    """How much each pixel moves the logit of a class: the mean of ∂logit/∂pixel while the picture appears.

    A gradient (Simonyan et al. 2013, «Deep Inside Convolutional Networks») tells what the next small change would do,
    which in a picture that the network is sure of is mostly noise. So it is averaged over the way from a plane of the
    picture's median colour to the picture, as for integrated gradients (Sundararajan et al. 2017, «Axiomatic
    Attribution for Deep Networks», equation 3). Their factor, the pixel's own difference from the plane, is left out:
    with it the picture itself is what one sees.

    Args:
        model: ``keras.Model`` that ends in logits (see ``zoo.surgery.with_logits``).
        pixels: uint8 [H, W, C].
        class_index: which logit.
        steps: pictures on the way.

    Returns:
        float32 [H, W], ≥ 0: the largest magnitude over the channels.
    """
    import tensorflow as tf

    plane = np.median(pixels, axis=(0, 1), keepdims=True)
    shares = (np.arange(steps) + 0.5) / steps
    images = tf.Variable((plane + shares[:, None, None, None] * (pixels - plane)).astype(np.float32))
    with tf.GradientTape() as tape:
        logit = tf.reduce_sum(_scores(model(images, training=False))[:, class_index])
    return np.abs(tape.gradient(logit, images).numpy().mean(axis=0)).max(axis=-1)


def grad_cam(model, pixels, class_index, pattern=None):
    """Which places of a convolution's features speak for a class.

    Selvaraju et al. 2017, «Grad-CAM»: the feature maps, weighted by the mean gradient of the logit, equations 1 and 2.
    The logit is taken less the mean of all: what they share changes no answer, and can hide what speaks for a class.

    Args:
        model, pixels, class_index: as for ``saliency``.
        pattern: shell pattern of the layer's name; of several that fit the last one counts. ``None``: the last layer
            with feature maps of more than one place, or those of all branches that meet behind their feature maps, as
            those of an ensemble do, whose weighted maps are summed.

    Returns:
        ``(heat, layers)``: float32 [H, W] ≥ 0, bilinearly enlarged to the image's size, and the layers' names.

    Raises:
        EdgezooError: the network has no feature maps (a dense one), or nothing fits the pattern.
    """
    import keras
    import tensorflow as tf

    mapped = [
        layer
        for layer in model.layers
        if not isinstance(layer, (keras.layers.InputLayer, keras.layers.Rescaling))
        and getattr(layer.output, "shape", None) is not None
        and len(layer.output.shape) == 4
        and tuple(layer.output.shape[1:3]) != (1, 1)
    ]
    if not mapped:
        raise EdgezooError(
            f"Grad-CAM needs feature maps, and {model.name} has none (dense layers only); take saliency or occlusion."
        )
    if pattern:
        layers = choose([layer.name for layer in mapped], pattern, "feature maps")[-1:]
    else:
        read = {id(tensor) for layer in mapped for tensor in keras.tree.flatten(layer.input)}
        layers = [layer.name for layer in mapped if id(layer.output) not in read]
    network = keras.Model(model.inputs[0], [[model.get_layer(layer).output for layer in layers], model.outputs[0]])
    with tf.GradientTape() as tape:
        maps, scores = network(pixels[None].astype(np.float32), training=False)
        tape.watch(maps)
        lead = _lead(_scores(scores), class_index)
    heat = 0
    for features, gradient in zip(maps, tape.gradient(lead, maps), strict=True):
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        heat += tf.image.resize(tf.reduce_sum(weights * features, axis=-1, keepdims=True), pixels.shape[:2])
    return tf.nn.relu(heat).numpy()[0, ..., 0], layers


def _lead(logits, class_index):
    """How far a class' logit is above the mean of all; of a single logit, that logit."""
    import tensorflow as tf

    logit = logits[:, class_index]
    return logit - tf.reduce_mean(logits, axis=1) if logits.shape[1] > 1 else logit


def _scores(outputs):
    """[b, classes] of a classifier's output, which may be [b, 1, 1, classes]."""
    import tensorflow as tf

    return tf.reshape(outputs, [tf.shape(outputs)[0], -1])


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
