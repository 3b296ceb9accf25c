"""Networks that nobody has trained yet, with statistics as training would leave them."""


def settle(model, images):
    """Gives a fresh network's batch normalizations the statistics of images; a trained network is left as it is.

    With the mean of 0 and the variance of 1 that these layers begin with, signals fade from layer to layer. The ranges
    at the end of a deep network are then so small that kernels abort on their scales, as they never do on those of a
    trained one.

    Args:
        model: ``keras.Model``; changed in place.
        images: ``[n, H, W, C]`` as the model takes them, several.

    Returns:
        Whether the network was fresh, and so is changed.
    """
    import keras
    import numpy as np

    norms = [each for each in model._flatten_layers() if isinstance(each, keras.layers.BatchNormalization)]
    if not norms or any(np.any(each.moving_mean) or np.any(each.moving_variance != 1) for each in norms):
        return False
    momenta = [each.momentum for each in norms]
    for each in norms:
        each.momentum = 0.0
    model(images.astype("float32"), training=True)
    for each, momentum in zip(norms, momenta, strict=True):
        each.momentum = momentum
    return True
