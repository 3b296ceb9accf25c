"""What a network has behind its flattening: weights for each place in the picture, which grow with its size."""

import math

#: The share of a network's parameters from which on that is worth a word.
_MOST = 0.5


def head_in_words(model):
    """A sentence on a network most of whose parameters are in the dense layer behind a flattening, or ``None``.

    A network that flattens the picture itself, before any layer with weights, has no head, and nothing to be said.

    Args:
        model: functional or sequential ``keras.Model``.
    """
    layers, total = model.layers, model.count_params()
    for place, layer in enumerate(layers):
        if type(layer).__name__ != "Flatten":
            continue
        shape = layer._inbound_nodes[0].input_tensors[0].shape
        dense = next((each for each in layers[place:] if type(each).__name__ == "Dense"), None)
        has_features = any(each.weights for each in layers[:place])
        if dense is None or not has_features or None in shape[1:] or math.prod(shape[1:-1]) == 1:
            continue
        share = dense.count_params() / total
        if share >= _MOST:
            return (
                f"{model.name} has {share:.0%} of its {total:,} parameters in {dense.name}, the dense layer behind the "
                "flattening, which has weights for every place in the picture: they grow with its size. A network that "
                "pools globally, such as global_s, has none of those; for photographs it is smaller, and mostly better."
            )
    return None
