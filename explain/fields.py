"""Which pixels a unit can see, and which it looks at."""

import numpy as np

from ..common.progress import track
from .connections import outputs_of_connections
from .gradients import gradient
from .layers import by_name


def receptive_field(flat, layer, input_shape):
    """The pixels that the middle unit of a layer depends on: ``receptive_fields`` of one layer."""
    return receptive_fields(flat, [layer], input_shape)[layer]


def receptive_fields(flat, layers, input_shape):
    """The pixels that the middle units of layers depend on, by gradient instead of arithmetic.

    The gradient is that of a network of the same connections, in which nothing can hide one (``connections.py``).

    Args:
        flat: ``zoo.flattening.Flat``.
        layers: names (see ``layers.by_name``) of layers with an output [b, h, w, c].
        input_shape: (H, W, C).

    Returns:
        Layer → ``(top, left, bottom, right)``: the box of the pixels with a gradient, ends exclusive.
    """
    import tensorflow as tf

    image = tf.Variable(np.full((1, *input_shape), 128, np.float64))
    with tf.GradientTape(persistent=True) as tape:
        maps = outputs_of_connections(flat, layers, image)
        middles = {layer: _middle(output) for layer, output in maps.items()}
    return {layer: box_of(_heat(tape, middle, image)) for layer, middle in middles.items()}


def box_of(heat):
    """``(top, left, bottom, right)``, ends exclusive, of what is not 0 in [H, W]; all 0 if there is nothing."""
    if not heat.any():
        return 0, 0, 0, 0
    rows, columns = (np.flatnonzero(heat.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def effective_receptive_field(flat, layer, pixels):
    """How much each pixel of one image moves the middle unit of a layer: ``effective_receptive_fields`` of one."""
    return effective_receptive_fields(flat, [layer], pixels)[layer]


def effective_receptive_fields(flat, layers, pixels):
    """How much each pixel of one image moves the middle units of layers.

    Luo et al. 2016, «Understanding the Effective Receptive Field in Deep Convolutional Neural Networks»: much more in
    the middle of the receptive field than at its rim.

    Args:
        flat: ``zoo.flattening.Flat`` that computes in float32.
        layers: names (see ``layers.by_name``) of layers with an output [b, h, w, c].
        pixels: uint8 [H, W, C].

    Returns:
        Layer → float32 [H, W] ≥ 0: |gradient| of the sum of the unit's channels, the largest over the image's channels.

    Raises:
        EdgezooError: the network has an operation without a gradient.
    """
    import keras
    import tensorflow as tf

    steps = by_name(flat)
    network = keras.Model(flat.network.inputs[0], {layer: steps[layer].output for layer in layers})
    image = tf.Variable(pixels[None].astype(np.float32))
    with tf.GradientTape(persistent=True) as tape:
        middles = {layer: _middle(output) for layer, output in network(image, training=False).items()}
    return {layer: _heat(tape, middles[layer], image) for layer in layers}


def _middle(output):
    """Sum of the channels of the middle unit of [1, h, w, c]."""
    import tensorflow as tf

    return tf.reduce_sum(output[:, output.shape[1] // 2, output.shape[2] // 2])


def _heat(tape, target, image):
    return np.abs(gradient(tape, target, image)[0]).max(axis=-1)


def fields_of(file, pixels, layers):
    """What the middle units of layers look at, and what they can see.

    Args:
        file: ``KerasFile`` or ``TFLiteFile``.
        pixels: uint8 [H, W, C].
        layers: names of layers with feature maps.

    Returns:
        ``(heats, boxes)``, each layer → float32 [H, W] ≥ 0 and ``(top, left, bottom, right)``. A ``.tflite`` file
        has no gradients: its heat is that of ``perturbed_receptive_fields``, and the box what is not 0 in it.
    """
    if file.has_gradients:
        flat = file.plain(policy="float32")
        return effective_receptive_fields(flat, layers, pixels), receptive_fields(flat, layers, pixels.shape)
    heats = perturbed_receptive_fields(file, pixels, layers)
    return heats, {layer: box_of(heat) for layer, heat in heats.items()}


#: Places along an axis that are tried one by one.
_PLACES = 48


def perturbed_receptive_fields(file, pixels, layers):
    """The same without gradients: how much the middle units of a ``.tflite`` file's layers change with the pixels.

    One place after the other is made bright where it was dark and dark where it was bright. In an int8 file a change
    that is smaller than the quantization step is none.

    Args:
        file: ``TFLiteFile``.
        pixels: uint8 [H, W, C].
        layers: names of layers with feature maps.

    Returns:
        dict: layer → float32 [H, W] ≥ 0, the largest change among the unit's channels.
    """
    indices = {name: index for index, name in file.layer_names.items() if name in layers}
    height, width = pixels.shape[:2]
    steps = [-(-side // _PLACES) for side in (height, width)]
    places = [
        (slice(top, top + steps[0]), slice(left, left + steps[1]))
        for top in range(0, height, steps[0])
        for left in range(0, width, steps[1])
    ]
    changes = {name: np.zeros((height, width), np.float32) for name in layers}
    with file.worker((height, width), keep_tensors=True) as worker:

        def middles(image):
            worker.predict(image[None])
            maps = {name: worker.tensor(index)[0].astype(np.float32) for name, index in indices.items()}
            return {name: values[values.shape[0] // 2, values.shape[1] // 2] for name, values in maps.items()}

        before = middles(pixels)
        for place in track(places, "receptive field"):
            image = pixels.copy()
            image[place] = np.where(image[place] < 128, 255, 0)
            for name, after in middles(image).items():
                changes[name][place] = np.abs(after - before[name]).max()
    return changes
