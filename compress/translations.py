"""Which layers of Keras 2 do what a layer of Keras 3 does: mostly one of the same name with the same arguments.

An activation inside of a layer becomes a layer of its own behind it: that is the form in which TensorFlow's Model
Optimization Toolkit knows it, whatever the function, and in which it folds batch normalization. What are several
operators in an int8 file, each of which rounds, are several layers.
"""

import dataclasses

import keras
import numpy as np

from ..zoo.layers import BlurPooling2D, FakeQuantize, MinPooling2D
from .activations import ACTIVATIONS

#: Layers that are called the same in both and take the same arguments.
_ALIKE = frozenset((
    *("Conv2D", "Conv2DTranspose", "DepthwiseConv2D", "Dense", "EinsumDense"),
    *("AveragePooling2D", "MaxPooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    *("BatchNormalization", "GroupNormalization", "LayerNormalization", "UnitNormalization"),
    *("Activation", "ELU", "PReLU", "ReLU", "Softmax"),
    *("Concatenate", "Dot", "Subtract"),
    *("Cropping2D", "Flatten", "Permute", "RepeatVector", "Reshape", "Resizing", "UpSampling2D", "ZeroPadding2D"),
    *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "SpatialDropout2D"),
))  # fmt: skip
#: Arguments that Keras 2's layers lack, with the value at which the layer is the same without them. TensorFlow has no
#: kernels for ``channels_first`` on CPUs.
_NEUTRAL = {
    "activity_regularizer": None,
    "antialias": False,
    "data_format": "channels_last",
    "lora_rank": None,
    "pad_to_aspect_ratio": False,
    "quantization_config": None,
    "renorm": False,
    "rms_scaling": False,
    "synchronized": False,
}
#: … and those that make no difference to a layer that has its weights.
_WITHOUT_EFFECT = frozenset(("activation", "dtype", "fill_mode", "fill_value", "lora_alpha", "name")) | frozenset(
    ("gptq_unpacked_column_size", "renorm_clipping", "renorm_momentum")
)
#: Regularizers and constraints that both have.
_RULES = frozenset(("L1", "L2", "L1L2", "OrthogonalRegularizer", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"))
#: Activations that both have, by Keras 2's name where it is another.
_ACTIVATIONS = {
    **{name: name for name in ("elu", "exponential", "gelu", "mish", "selu", "sigmoid", "softmax", "softplus")},
    **{name: name for name in ("softsign", "tanh", *ACTIVATIONS)},
    "silu": "swish",
}
#: Layers that can be a layer's activation; ``PReLU`` would have weights.
_LAYERS_AS_ACTIVATIONS = (keras.layers.ELU, keras.layers.LeakyReLU, keras.layers.ReLU, keras.layers.Softmax)


class NoTwin(Exception):
    """There are no layers of Keras 2 that do the same; the text, half a sentence, says why."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A layer of Keras 2.

    Attributes:
        class_name: of ``tf_keras.layers``.
        config: its arguments without its name, JSON-able.
        constants: weights that are fixed and not the original's, by name, in the order of the layer's.
        keeps: names of the original's weights that it has; ``None`` for all if it is the first that stands for it.
        reads: number of tensors that it takes, of what the one in front makes and what that has left of the original's;
            ``None`` for all.
    """

    class_name: str
    config: dict = dataclasses.field(default_factory=dict)
    constants: dict = dataclasses.field(default_factory=dict)
    keeps: tuple[str, ...] | None = None
    reads: int | None = None


def parts_of(layer, shape):
    """The layers of Keras 2 that do, one behind the other, what a layer of Keras 3 does.

    Args:
        layer: ``keras.Layer``, built.
        shape: of its first input, with the batch.

    Returns:
        List of ``Part``, empty if the layer hands on what it gets, as augmentations do, which are part of a training
        and not of the network.

    Raises:
        NoTwin: there are none for its class, or for one of its arguments.
    """
    if isinstance(layer, FakeQuantize):
        raise NoTwin("is quantized already; give the model as it was trained in float32")
    if type(layer) in _SPECIAL:
        return _SPECIAL[type(layer)](layer, shape)
    kind = type(layer).__name__
    stock = getattr(keras.layers, kind, None) is type(layer)
    if stock and kind.startswith("Random") and kind != "RandomCrop":
        return []
    if not stock or kind not in _ALIKE:
        raise NoTwin("has no twin in Keras 2 here; use other layers in its place")
    activation = _activation(getattr(layer, "activation", None), shape)
    return activation if kind == "Activation" else [Part(kind, _settings(layer)), *activation]


def activation_part(name, **config):
    """The ``Part`` that is an activation of Keras 3, in a list; an empty one for ``"linear"``."""
    match name:
        case "linear":
            return []
        case "relu":
            return [Part("ReLU")]
        case "relu6":
            return [Part("ReLU", {"max_value": 6.0})]
        case "leaky_relu":
            return [Part("LeakyReLU", {"alpha": config.get("negative_slope", 0.2)})]
        case "hard_sigmoid":
            return [*scaled(1.0, 3.0), Part("ReLU", {"max_value": 6.0}), *scaled(1 / 6)]
    if name not in _ACTIVATIONS:
        raise NoTwin(f"has the activation {name!r}, which Keras 2 lacks")
    return [Part("Activation", {"activation": _ACTIVATIONS[name]})]


def _activation(function, shape):
    if function is None:
        return []
    if isinstance(function, keras.Layer):  # Dense(8, activation=keras.layers.LeakyReLU(0.1))
        if type(function) not in _LAYERS_AS_ACTIVATIONS:
            raise NoTwin(f"has a {type(function).__name__} as its activation; put it behind as a layer of its own")
        return parts_of(function, shape)
    name = getattr(function, "__name__", type(function).__name__)
    if getattr(keras.activations, name, None) is not function:
        raise NoTwin(f"has an activation of your own, {name!r}; use one of keras.activations")
    return activation_part(name)


def _settings(layer):
    """The arguments of a layer that both have."""
    settings = {}
    for key, value in layer.get_config().items():
        if key in _NEUTRAL:
            if value != _NEUTRAL[key]:
                value = value["class_name"] if isinstance(value, dict) else value
                raise NoTwin(f"has {key}={value!r}, which Keras 2 lacks")
        elif key.endswith(("_regularizer", "_constraint")) and value:
            if value["class_name"] not in _RULES or value["module"] not in ("keras.regularizers", "keras.constraints"):
                raise NoTwin(f"has {key}={value['class_name']}, which Keras 2 lacks")
            settings[key] = {"class_name": value["class_name"], "config": value["config"]}
        elif key not in _WITHOUT_EFFECT and not key.endswith("_initializer"):
            settings[key] = value
    return settings


def scaled(scale, offset=0.0):
    """The layers, ``Part`` objects, that multiply by a scale and add an offset: numbers, or one for each channel."""
    scale, offset = np.asarray(scale, np.float64), np.asarray(offset, np.float64)
    if (scale != 1).any() and offset.any():
        return [*scaled(scale), *scaled(1.0, offset)]
    return [Part("Rescaling", {"scale": scale.tolist(), "offset": offset.tolist()}, keeps=())]


def _merge(layer, shape):
    """Of three tensors and more, one after another."""
    kind, tensors = type(layer).__name__, len(layer._inbound_nodes[0].input_tensors)
    operator = "Add" if kind == "Average" else kind
    merges = [Part(operator, reads=2) for _ in range(tensors - 1)]
    return [*merges, *scaled(1 / tensors)] if kind == "Average" else merges


def _separable_convolution(layer, shape):
    """As a depthwise convolution and one of 1×1: two operators in a file, between which integers are rounded."""
    depthwise, pointwise = {}, {"kernel_size": 1}
    for key, value in _settings(layer).items():
        if key.startswith(("filters", "use_bias", "bias_", "pointwise_", "trainable")):
            pointwise[key.replace("pointwise_", "kernel_")] = value
        if not key.startswith(("filters", "use_bias", "bias_", "pointwise_")):
            depthwise[key] = value
    return [
        Part("DepthwiseConv2D", {**depthwise, "use_bias": False}, keeps=("depthwise_kernel",)),
        Part("Conv2D", pointwise, keeps=("pointwise_kernel", "bias")),
        *_activation(layer.activation, shape),
    ]


def _pooling(layer):
    return {"pool_size": layer.pool_size, "strides": layer.strides, "padding": layer.padding}


def _min_pooling(layer, shape):
    return [*scaled(-1.0), Part("MaxPooling2D", _pooling(layer)), *scaled(-1.0)]


def _blur_pooling(layer, shape):
    settings = {"kernel_size": layer.pool_size, "strides": layer.strides, "padding": layer.padding}
    constants = {"kernel": layer.depthwise_kernel(shape[-1])}
    return [Part("DepthwiseConv2D", {**settings, "use_bias": False, "trainable": False}, constants, ())]


def _rescaling(layer, shape):
    return scaled(layer.scale, layer.offset)


def _normalization(layer, shape):
    mean, deviation = np.asarray(layer.mean, np.float64), np.sqrt(np.asarray(layer.variance, np.float64))
    deviation = np.maximum(deviation, keras.config.epsilon())
    return scaled(deviation, mean) if layer.invert else scaled(1 / deviation, -mean / deviation)


#: Layers that become others.
_SPECIAL = {
    MinPooling2D: _min_pooling,
    BlurPooling2D: _blur_pooling,
    keras.layers.Add: _merge,
    keras.layers.Average: _merge,
    keras.layers.Identity: lambda layer, shape: [],
    keras.layers.LeakyReLU: lambda layer, shape: activation_part("leaky_relu", negative_slope=layer.negative_slope),
    keras.layers.Maximum: _merge,
    keras.layers.Minimum: _merge,
    keras.layers.Multiply: _merge,
    keras.layers.Normalization: _normalization,
    keras.layers.Rescaling: _rescaling,
    keras.layers.SeparableConv2D: _separable_convolution,
}
