"""Where a network in integers rounds its activations: behind which layers ranges stand, and which kernels are rounded.

The rules are those of TensorFlow Lite's int8 kernels (its 8-bit quantization specification): an activation that is part
of a kernel has no range before it, nor has what is folded into a kernel, what only moves values keeps its input's
range, and a concatenation has one range for all that it joins. Softmax, sigmoid and tanh have a fixed range.
"""

import numpy as np

#: Layers whose kernels are rounded: the kernel's name in Keras 2, the order of its axes that puts those of the output
#: channels, which have a scale each, last, and how many these are.
KERNELS = {
    "Conv2D": ("kernel", (0, 1, 2, 3), 1),
    "Conv2DTranspose": ("kernel", (0, 1, 3, 2), 1),
    "Dense": ("kernel", (0, 1), 1),
    "DepthwiseConv2D": ("depthwise_kernel", (0, 1, 2, 3), 2),
}
#: Layers that hand on the range that they get.
_PASSING = frozenset((
    *("AveragePooling2D", "MaxPooling2D", "GlobalMaxPooling2D"),
    *("Cropping2D", "Flatten", "Permute", "RepeatVector", "Reshape", "Resizing", "UpSampling2D", "ZeroPadding2D"),
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D"),
))  # fmt: skip
#: Layers, and activations, whose range the kernel fixes.
_FIXED = frozenset(("Softmax", "log_softmax", "sigmoid", "softmax", "tanh"))
#: Layers that LiteRT has no integer form of, and activations that it has one of.
_IN_FLOATS = frozenset(("ELU", "GroupNormalization", "LayerNormalization", "UnitNormalization"))
_IN_INTEGERS = _FIXED | {"exponential", "gelu", "hard_silu", "hard_tanh", "soft_shrink", "swish", "tanh_shrink"}
#: Layers whose kernels have a rectifier built in; a normalization is part of one, or a depthwise one of its own.
_RECTIFYING = frozenset((*KERNELS, "Add", "Subtract", "Multiply", "BatchNormalization", "Rescaling"))


def ranged_layers(document):
    """Names of the layers behind which a range stands.

    Args:
        document: ``Plan.document`` of elementary layers.
    """
    layers = {layer["name"]: layer for layer in document["layers"]}
    first = len(document["inputs"])
    readers = {}
    for call in document["calls"]:
        for tensor in call["reads"]:
            readers.setdefault(tensor, []).append(call)

    def only_reader(number):
        """The one layer that reads what a call makes, or ``None``."""
        calls = readers.get(first + number, [])
        return layers[calls[0]["layer"]] if len(calls) == 1 and first + number not in document["outputs"] else None

    ranged = []
    for number, call in enumerate(document["calls"]):
        layer, reader = layers[call["layer"]], only_reader(number)
        kind = layer["class_name"]
        if kind in _PASSING or kind in _FIXED or layer["config"].get("activation") in _FIXED:
            continue
        if reader is not None and (
            reader["class_name"] == "Concatenate"
            or (kind in KERNELS and reader["class_name"] in ("BatchNormalization", "Rescaling"))
            or (kind == "Rescaling" and reader["class_name"] in KERNELS and not np.any(layer["config"]["offset"]))
            or (kind in _RECTIFYING and _is_rectifier(reader))
        ):
            continue
        ranged.append(layer["name"])
    return list(dict.fromkeys(ranged))


def layer_in_floats(document):
    """What an int8 file would compute in floats, ``"'name', a Kind,"``, or ``None``: there is no integer form of it.

    Args:
        document: ``Plan.document`` of elementary layers.
    """
    for layer in document["layers"]:
        kind, activation = layer["class_name"], layer["config"].get("activation")
        bent = kind == "ReLU" and not _is_rectifier(layer)
        if kind in _IN_FLOATS or bent or (kind == "Activation" and activation not in _IN_INTEGERS):
            return f"{layer['name']!r}, {activation or f'a {kind}'},"
    return None


def _is_rectifier(layer):
    """Whether a layer is one that kernels have built in."""
    config = layer["config"]
    return (
        layer["class_name"] == "ReLU"
        and config.get("max_value") in (None, 6)
        and not config.get("negative_slope")
        and not config.get("threshold")
    )
