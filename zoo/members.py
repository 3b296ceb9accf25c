"""Several trained networks as one: an ensemble in one file."""

import numpy as np

from .blocks import MEMBER


def join_members(network, members):
    """Gives a network of several bodies the weights of networks that were trained apart.

    Its logits become the mean of theirs, by a classifier that holds all their kernels, divided by their number.
    Networks that began with other random weights err on other images, so the mean errs less often than each (Hansen and
    Salamon 1990, «Neural Network Ensembles»). Several small ones can be better than a large one of the same cost (Wang
    et al. 2021, «Wisdom of Committees»).

    Args:
        network: built by a convolutional family of the zoo with ``members=n``; gets the weights.
        members: n networks built by the same family with the same settings and ``members=1``.

    Raises:
        ValueError: the networks do not belong together, or there is a layer between the features and the classifier,
            behind which no single classifier gives the mean.
    """
    members = tuple(members)
    bodies = [_body(network, f"{MEMBER}{number}_") for number in range(1, len(members) + 1)]
    known = {layer.name for body in bodies for layer in body.values()} | {"predictions"}
    others = [layer.name for layer in network.layers if layer.weights and layer.name not in known]
    if others:
        raise ValueError(
            f"`network` has weights that are no member's: {', '.join(others[:3])}; build it with "
            f"members={len(members)} and no fully connected layers before the classifier. "
            f"Received: {len(members)} members"
        )
    for body, member in zip(bodies, members, strict=True):
        trained = {name: layer for name, layer in _body(member).items() if name != "predictions"}
        if _shapes(body) != _shapes(trained):
            raise ValueError(
                "`members` must be built with the network's own settings and members=1. "
                f"Received: {member.name}, whose layers are not those of {network.name}"
            )
        for name, layer in body.items():
            layer.set_weights(trained[name].get_weights())
    classifiers = [member.get_layer("predictions") for member in members]
    # The classifier sees flattened maps, in which the members' channels alternate from pixel to pixel.
    height, width, channels = network.get_layer("flatten").input.shape[1:]
    kernels = [
        np.reshape(classifier.kernel, (height, width, channels // len(members), -1)) for classifier in classifiers
    ]
    kernel = np.concatenate(kernels, axis=2).reshape(height * width * channels, -1) / len(members)
    network.get_layer("predictions").set_weights([kernel, np.mean([each.bias for each in classifiers], axis=0)])


def _body(network, prefix=""):
    """The layers with weights whose names begin with ``prefix``, by the rest of their names."""
    return {
        layer.name.removeprefix(prefix): layer
        for layer in network.layers
        if layer.weights and layer.name.startswith(prefix)
    }


def _shapes(body):
    return {name: [weight.shape for weight in layer.weights] for name, layer in body.items()}
