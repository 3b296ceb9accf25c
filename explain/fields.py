"""Which pixels a unit can see, and which it looks at."""

import numpy as np

from ..common.progress import track


def receptive_field(model, layer, input_shape):
    """The pixels that the middle unit of a layer depends on: ``receptive_fields`` of one layer."""
    return receptive_fields(model, [layer], input_shape)[layer]


def receptive_fields(model, layers, input_shape):
    """The pixels that the middle units of layers depend on, by gradient instead of arithmetic.

    The gradient is that of a network of the same connections, in which nothing can hide one: all weights are positive,
    a maximum becomes an average, activations are left out.

    Args:
        model: ``keras.Model``.
        layers: names of layers with an output [b, h, w, c].
        input_shape: (H, W, C).

    Returns:
        Layer → ``(top, left, bottom, right)``: the box of the pixels with a gradient, ends exclusive.
    """
    network, image = _connections(model), np.full(input_shape, 128, np.float32)
    return {layer: box_of(_gradient(network, layer, image)) for layer in layers}


def box_of(heat):
    """``(top, left, bottom, right)``, ends exclusive, of what is not 0 in [H, W]; all 0 if there is nothing."""
    if not heat.any():
        return 0, 0, 0, 0
    rows, columns = (np.flatnonzero(heat.any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def effective_receptive_field(model, layer, pixels):
    """How much each pixel of one image moves the middle unit of a layer.

    Luo et al. 2016, «Understanding the Effective Receptive Field in Deep Convolutional Neural Networks»: much more in
    the middle of the receptive field than at its rim.

    Args:
        model: ``keras.Model``.
        layer: name of a layer with an output [b, h, w, c].
        pixels: uint8 [H, W, C].

    Returns:
        float32 [H, W] ≥ 0: |gradient| of the sum of the unit's channels, the largest over the image's channels.
    """
    return _gradient(model, layer, pixels.astype(np.float32))


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
        heats = {layer: effective_receptive_field(file.model, layer, pixels) for layer in layers}
        return heats, receptive_fields(file.model, layers, pixels.shape)
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


def _gradient(model, layer, image):
    import keras
    import tensorflow as tf

    features = keras.Model(model.inputs[0], model.get_layer(layer).output)
    image = tf.Variable(image[None])
    with tf.GradientTape() as tape:
        output = features(image, training=False)
        middle = output[:, output.shape[1] // 2, output.shape[2] // 2]
        total = tf.reduce_sum(middle)
    return np.abs(tape.gradient(total, image)[0]).max(axis=-1)


def _connections(model):
    """A copy whose gradient is positive wherever an output depends on a pixel."""
    import keras

    from ..zoo import MinPooling2D

    identities = (
        keras.layers.LayerNormalization,
        keras.layers.ReLU,
        keras.layers.LeakyReLU,
        keras.layers.Activation,
        keras.layers.Softmax,
    )

    def convert(layer):
        config = layer.get_config()
        if isinstance(layer, identities):
            return keras.layers.Identity(name=layer.name)
        if isinstance(layer, (keras.layers.MaxPooling2D, MinPooling2D)):
            keys = ("name", "pool_size", "strides", "padding")
            return keras.layers.AveragePooling2D(**{key: config[key] for key in keys})
        if "activation" in config:
            config["activation"] = None
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=convert, recursive=True)
    # A mean instead of a sum, so that values of a hundred layers stay in the range of floats. Batch normalization, all
    # of whose weights are 1, changes nothing.
    copy.set_weights([np.full(w.shape, 1 / max(np.prod(w.shape[:-1]), 1), "float32") for w in copy.get_weights()])
    return copy
