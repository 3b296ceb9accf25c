"""What tensors inside a network are for calibration images."""

import keras
import numpy as np

#: Images at once.
_BATCH = 32


def observed(inputs, tensors, images):
    """Yields the values of tensors, batch for batch.

    Args:
        inputs: ``KerasTensor`` objects of a network with one image as its input, in a list.
        tensors: list of ``KerasTensor`` that come of them.
        images: calibration images as the network takes them, float32 [n, H, W, C].

    Yields:
        ``(place, values)``: place in ``tensors``, and float32 [m, channels].
    """
    if not tensors:
        return
    probe = keras.Model(inputs, tensors)
    for start in range(0, len(images), _BATCH):
        results = keras.tree.flatten(probe([images[start : start + _BATCH]], training=False))
        for place, result in enumerate(results):
            yield place, np.asarray(result).reshape(-1, result.shape[-1])
