"""Trains what one would take instead of edgezoo's models, on the same images and in the same way.

    python benchmarks/peers.py                      # all of them; hours on two cores
    python benchmarks/peers.py resnet8 --epochs 3 --output build/first_look

Interrupted, the same command goes on; at the end the trained models are published in ``peers_trained/``, as the zoo's
weights are, unless ``--epochs`` has changed the training. Networks with five halvings have two variants for small
images: ``NAME_32px`` is the makers' network on images that are padded to 32 pixels, where 1×1 features are left in the
end; ``NAME_adapted`` takes the images as they are, with stride 1 in its first convolution. Both are tried for two
epochs, and the one that has learned more is trained. That is judged on training images: some makers average batch
normalization's statistics over thousands of steps, so that after two epochs a network in use knows nothing yet.
"""

import functools
import sys
from pathlib import Path

import click
from contenders import PEERS_TRAINED, Contender, produce, publish
from script import run
from side_by_side import run_side_by_side

from edgezoo.common.environment import cores
from edgezoo.common.errors import UnknownName
from edgezoo.common.quiet import import_tensorflow

import_tensorflow()

import keras  # noqa: E402
from keras import layers  # noqa: E402

from edgezoo.datasets import load_dataset  # noqa: E402
from edgezoo.train import Recipe  # noqa: E402
from edgezoo.zoo.blocks import classifier  # noqa: E402

# The networks: functions of raw pixels [batch, height, width, channels] and the number of classes, which return
# probabilities. Each rescales the pixels as its makers do.
#
# The last layers of MobileNet, MobileNetV3 and FD-MobileNet are 1×1 convolutions of pooled features for their makers;
# here they are dense layers. That is the same function, and training treats a dense classifier as it does the zoo's.


def mobilenet_025(pixels, classes):
    """MobileNet (Howard et al. 2017) of a quarter of the width."""
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(pixels)
    x = _features(keras.applications.MobileNet, x, alpha=0.25)
    return classifier(x, classes=classes, dropout=1e-3, activation="softmax")


def mobilenet_v2_035(pixels, classes):
    """MobileNetV2 (Sandler et al. 2018) of 0.35 of the width."""
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescale")(pixels)
    x = _features(keras.applications.MobileNetV2, x, alpha=0.35)
    return classifier(x, classes=classes, dropout=0, activation="softmax")


def mobilenet_v3_small_minimalistic(pixels, classes):
    """MobileNetV3-Small (Howard et al. 2019) without what microcontrollers lack; has a rescaling of its own."""
    x = _features(keras.applications.MobileNetV3Small, pixels, minimalistic=True)
    x = layers.Dense(1024, activation="relu", name="dense")(x)
    return classifier(x, classes=classes, dropout=0.2, activation="softmax")


def _features(application, x, **options):
    """Averages over the image of the last features of a network of ``keras.applications``."""
    return application(input_tensor=x, include_top=False, weights=None, pooling="avg", **options).output


def fd_mobilenet_025(pixels, classes):
    """FD-MobileNet (Qin et al. 2018) of a quarter of the width, as the STM32 model zoo has it.

    Unlike the paper's, its depthwise convolutions have biases and are neither normalized nor activated. The dropout is
    the default; for single data sets the STM32 model zoo sets others.
    """

    def normalized(x, name):
        return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_norm")(x))

    x = layers.Rescaling(1 / 255, name="rescale")(pixels)
    x = layers.Conv2D(8, 3, 2, padding="same", use_bias=False, name="conv")(x)
    x = normalized(x, "conv")
    widths_and_strides = ((16, 2), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *4 * ((128, 1),), (256, 1))
    for index, (width, strides) in enumerate(widths_and_strides, start=1):
        x = layers.DepthwiseConv2D(3, strides, padding="same", name=f"depthwise{index}")(x)
        x = layers.Conv2D(width, 1, use_bias=False, name=f"pointwise{index}")(x)
        x = normalized(x, f"pointwise{index}")
    x = layers.GlobalAveragePooling2D(name="average")(x)
    return classifier(x, classes=classes, dropout=1e-3, activation="softmax")


def resnet8(pixels, classes):
    """The network of MLPerf Tiny's image classification (Banbury et al. 2021), which takes the pixels as they are.

    Its L2 penalty on the weights is left to the recipe's weight decay.
    """

    def convolve(x, width, kernel_size=3, strides=1):
        return layers.Conv2D(width, kernel_size, strides, padding="same", kernel_initializer="he_normal")(x)

    def normalized(x):
        return layers.BatchNormalization()(x)

    x = layers.ReLU()(normalized(convolve(pixels, 16)))
    for width, strides in ((16, 1), (32, 2), (64, 2)):
        y = layers.ReLU()(normalized(convolve(x, width, strides=strides)))
        y = normalized(convolve(y, width))
        shortcut = x if strides == 1 else convolve(x, width, 1, strides)
        x = layers.ReLU()(layers.Add()([shortcut, y]))
    x = layers.Flatten()(layers.AveragePooling2D(min(x.shape[1:3]))(x))
    return layers.Dense(classes, activation="softmax", kernel_initializer="he_normal", name="predictions")(x)


def tutorial_cnn(pixels, classes):
    """The convolutional network of Keras' example «Simple MNIST convnet»."""
    x = layers.Rescaling(1 / 255, name="rescale")(pixels)
    for width in (32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(width, 3, activation="relu")(x))
    return classifier(layers.Flatten()(x), classes=classes, dropout=0.5, activation="softmax")


def keep_resolution(model, downsamplings=1):
    """A copy, newly initialized, whose first ``downsamplings`` strided convolutions have stride 1.

    All zero padding is left out, and the convolutions pad by themselves (``"same"``): the makers' padding layers are
    made for one size of the features. What they and ``"valid"`` do together for even sizes is ``"same"``.
    """
    strided = [layer.name for layer in model.layers if _convolves(layer) and max(layer.strides) > 1]

    def convert(layer):
        config = layer.get_config()
        if isinstance(layer, layers.ZeroPadding2D):
            return layers.Identity(name=layer.name)
        if _convolves(layer):
            config["padding"] = "same"
        if layer.name in strided[:downsamplings]:
            config["strides"] = (1, 1)
        return type(layer).from_config(config)

    return keras.models.clone_model(model, clone_function=convert)


def _convolves(layer):
    return isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D))


def as_it_is(name, network, input_shape=(28, 28, 1), classes=10):
    """A network as a model of the given name."""
    pixels = keras.Input(input_shape, name="image")
    return keras.Model(pixels, network(pixels, classes), name=name)


def in_32px(name, network, input_shape=(28, 28, 1), classes=10):
    """The same for sides that are multiples of 32, which five halvings need; others are padded with black."""
    pixels = x = keras.Input(input_shape, name="image")
    margins = [(-side % 32 // 2, (-side % 32 + 1) // 2) for side in input_shape[:2]]
    if margins != [(0, 0), (0, 0)]:
        x = layers.ZeroPadding2D(margins, name="pad")(x)
    return keras.Model(pixels, network(x, classes), name=name)


def adapted(name, network, input_shape=(28, 28, 1), classes=10):
    """The same for small images: not padded, and with a halving less."""
    return keep_resolution(in_32px(name, network, input_shape, classes))


_FOR_SMALL_IMAGES = {"_32px": in_32px, "_adapted": adapted}

#: What is trained, the longest trainings first: a network, and what its variants append to its name.
NETWORKS = {
    mobilenet_v2_035: _FOR_SMALL_IMAGES,
    mobilenet_v3_small_minimalistic: _FOR_SMALL_IMAGES,
    mobilenet_025: _FOR_SMALL_IMAGES,
    resnet8: {"": as_it_is},
    tutorial_cnn: {"": as_it_is},
    fd_mobilenet_025: _FOR_SMALL_IMAGES,
}

#: Functions of ``input_shape`` and ``classes`` that return a ``keras.Model`` of raw pixels.
PEERS = {
    network.__name__ + suffix: functools.partial(variant, network.__name__ + suffix, network)
    for network, variants in NETWORKS.items()
    for suffix, variant in variants.items()
}

#: Names in ``PEERS`` by that of the network.
VARIANTS = {
    network.__name__: [network.__name__ + suffix for suffix in variants] for network, variants in NETWORKS.items()
}

TRIAL_EPOCHS = 2


def contender(output, data, name):
    """Where the files of one peer lie."""
    return Contender(Path(output) / data / name / "seed0", name)


@click.command()
@click.argument("networks", nargs=-1)
@click.option("--data", default="fashion_mnist", show_default=True, help="Name of the data set.")
@click.option("--output", default="build/peers", show_default=True, help="Folder of the trainings.")
@click.option("--jobs", type=click.IntRange(1), default=cores(), show_default=True, help="Trainings side by side.")
@click.option("--recipe", default="fashion_mnist", show_default=True, help="The same for all.")
@click.option("--epochs", type=click.IntRange(1), help="Instead of the recipe's; nothing is published then.")
@click.option("--one", hidden=True, help="Train this one of PEERS in this process.")
def main(networks, data, output, jobs, recipe, epochs, one):
    """Train the named networks, or all."""
    for name in networks:
        if name not in VARIANTS:
            raise UnknownName("network", name, VARIANTS)
    dataset = load_dataset(data)
    if one:
        settings = Recipe.load(recipe, seed=0, **({"epochs": epochs} if epochs else {}))
        shape, classes = dataset.input_shape, len(dataset.class_names)
        return produce(contender(output, data, one), lambda: PEERS[one](shape, classes), dataset, settings)

    def train(names, output, epochs):
        options = ["--data", data, "--output", output, "--recipe", recipe, *(["--epochs", epochs] if epochs else [])]
        each_of = {name: contender(output, data, name) for name in names}
        commands = [
            (name, [sys.executable, __file__, *map(str, options), "--one", name], each.folder / "log.txt")
            for name, each in each_of.items()
            if not each.finished
        ]
        run_side_by_side(commands, jobs)
        return each_of

    choices = [names for network, names in VARIANTS.items() if network in (networks or VARIANTS)]
    trial = train([name for names in choices if len(names) > 1 for name in names], Path(output) / "trial", TRIAL_EPOCHS)
    better = [
        max(names, key=lambda name: trial[name].train_accuracy) if len(names) > 1 else names[0] for names in choices
    ]
    for each in train(better, Path(output), epochs).values():
        if not epochs:
            publish([each], dataset, PEERS_TRAINED)


if __name__ == "__main__":
    run(main)
