"""Keras models as people have them: the same small network in every form that it is met in."""

import dataclasses
from collections.abc import Callable, Mapping

SIDE, CLASSES = 16, 4

#: The commands that every form goes through.
COMMANDS = ("train", "export", "evaluate", "benchmark", "compare", "explain")


@dataclasses.dataclass(frozen=True)
class Form:
    """One form.

    Attributes:
        title: for people.
        build: function without arguments that returns the ``keras.Model``.
        classes: that it tells apart.
        refusals: command → text that its one line of refusal holds; ``"*"`` stands for every command.
    """

    title: str
    build: Callable
    classes: int = CLASSES
    refusals: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def refusal(self, command):
        """What the command says instead of working, or ``None``."""
        return self.refusals.get(command, self.refusals.get("*"))


def _image(**options):
    import keras

    return keras.Input((SIDE, SIDE, 3), **options)


def _body(x, convolution=None):
    from keras import layers

    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = (convolution or layers.Conv2D(6, 3, strides=2))(x)
    return layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization()(x)))


def _model(head, **options):
    import keras

    image = _image(**options)
    return keras.Model(image, head(_body(image)))


def _softmax(x):
    from keras import layers

    return layers.Dense(CLASSES, activation="softmax")(x)


def _bare_operations():
    import keras
    from keras import layers, ops

    image = _image()
    x = layers.Conv2D(6, 3, strides=2)(image / 127.5 - 1)
    x = ops.mean(ops.relu(x), axis=(1, 2))
    return keras.Model(image, ops.softmax(layers.Dense(CLASSES)(x)))


def _softmax_layer():
    from keras import layers

    return _model(lambda x: layers.Softmax()(layers.Dense(CLASSES)(x)))


def _activation_layer():
    from keras import layers

    return _model(lambda x: layers.Activation("softmax")(layers.Dense(CLASSES)(x)))


def _logits():
    from keras import layers

    return _model(layers.Dense(CLASSES))


def _backbone():
    import keras
    from keras import layers

    inner = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(6, 3, strides=2, name="conv")(inner)
    backbone = keras.Model(inner, layers.ReLU()(layers.BatchNormalization(name="norm")(x)), name="backbone")
    image = _image()
    # The same name inside and outside: two layers.
    x = layers.Conv2D(6, 1, name="conv")(backbone(layers.Rescaling(1 / 255)(image), training=False))
    return keras.Model(image, _softmax(layers.GlobalAveragePooling2D()(x)))


def _sequential_in_sequential():
    import keras
    from keras import layers

    stem = keras.Sequential([layers.Conv2D(6, 3, strides=2), layers.ReLU()], name="stem")
    head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(CLASSES, activation="softmax")], name="head")
    return keras.Sequential([_image(), layers.Rescaling(1 / 255), stem, head])


def _dictionaries():
    import keras

    image = _image(name="photo")
    return keras.Model({"photo": image}, {"kind": _softmax(_body(image))})


def _in_policy(policy):
    def build():
        import keras

        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(policy)
        try:
            return _model(_softmax)
        finally:
            keras.config.set_dtype_policy(before)

    return build


def _one_sigmoid():
    from keras import layers

    return _model(layers.Dense(1, activation="sigmoid"))


def _one_logit():
    from keras import layers

    return _model(layers.Dense(1))


def _convolutional_head():
    import keras
    from keras import layers

    image = _image()
    x = layers.Conv2D(6, 3, strides=2, activation="relu")(layers.Rescaling(1 / 255)(image))
    return keras.Model(image, layers.Softmax()(layers.Conv2D(CLASSES, 7)(x)))


def _wrapped_convolution():
    import keras
    from keras import layers

    image = _image()
    return keras.Model(image, _softmax(_body(image, layers.SpectralNormalization(layers.Conv2D(6, 3, strides=2)))))


def _channels_first():
    import keras
    from keras import layers

    image = keras.Input((3, SIDE, SIDE))
    x = layers.Conv2D(6, 3, data_format="channels_first")(image)
    return keras.Model(image, _softmax(layers.Flatten()(x)))


def _two_images():
    import keras
    from keras import layers

    left, right = _image(name="left"), _image(name="right")
    return keras.Model([left, right], _softmax(layers.Concatenate()([_body(left), _body(right)])))


def _recurrent():
    import keras
    from keras import layers

    image = _image()
    x = layers.Conv2D(4, 3, padding="same")(layers.Rescaling(1 / 255)(image))
    return keras.Model(image, _softmax(layers.LSTM(6)(layers.Reshape((SIDE, SIDE * 4))(x))))


FORMS = {
    "bare-operations": Form("bare operations: `x / 127.5 - 1`, `keras.ops.softmax`", _bare_operations),
    "softmax-layer": Form("`Softmax` as a layer", _softmax_layer),
    "activation-layer": Form('`Activation("softmax")` as a layer', _activation_layer),
    "logits": Form("logits, no activation at the end", _logits),
    "backbone": Form("a model as a layer: a backbone, frozen by `training=False`", _backbone),
    "sequential": Form("`Sequential` inside `Sequential`", _sequential_in_sequential),
    "dictionaries": Form("a dict of one input and a dict of one output", _dictionaries),
    "uint8": Form('`Input(dtype="uint8")`', lambda: _model(_softmax, dtype="uint8")),
    "float16": Form("policy `float16`", _in_policy("float16")),
    "float64": Form("policy `float64`", _in_policy("float64")),
    "mixed-bfloat16": Form("policy `mixed_bfloat16`", _in_policy("mixed_bfloat16")),
    "fixed-batch": Form("`Input(batch_size=32)`", lambda: _model(_softmax, batch_size=32)),
    "one-sigmoid": Form("two classes, one sigmoid", _one_sigmoid, classes=2),
    "one-logit": Form("two classes, one logit", _one_logit, classes=2),
    "convolutional-head": Form("scores of shape `[n, 1, 1, classes]`", _convolutional_head),
    "wrapped": Form("a convolution in `SpectralNormalization`", _wrapped_convolution),
    "recurrent": Form("an `LSTM` over the rows, int8", _recurrent, refusals={"export": "recurrent layer 'lstm"}),
    "channels-first": Form('`data_format="channels_first"`', _channels_first, refusals={"*": "is channels_first"}),
    "two-images": Form("two images in", _two_images, refusals={"*": "2 inputs", "export": "one input [B, H, W, C]"}),
}
