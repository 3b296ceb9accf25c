"""What one would write without edgezoo: networks of Keras 2 by hand, compressed by TensorFlow's toolkit as it says.

    python benchmarks/plain_tfmot.py NETWORK WAY WEIGHTS.npz OUT.tflite --epochs N

It is the other side of ``plain_compression.py``, which starts it. Nothing of edgezoo is in it but the images.
"""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import click
import numpy as np
import tensorflow as tf

from edgezoo.datasets import load_dataset

keras = tf.keras
layers = keras.layers


def convolution(x, filters, kernel=3, strides=1):
    """A convolution with normalization and ReLU."""
    x = layers.Conv2D(filters, kernel, strides, "same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def separable(x, filters, strides=1):
    """A depthwise convolution and one of 1×1, each with normalization and ReLU."""
    x = layers.DepthwiseConv2D(3, strides, "same", use_bias=False)(x)
    return convolution(layers.ReLU()(layers.BatchNormalization()(x)), filters, 1)


def strided_s(x):
    """The layers of the zoo's network of that name."""
    x = convolution(x, 16, strides=2)
    for filters in (32, 48):
        x = convolution(convolution(x, filters, strides=2), filters)
    return x


def pooled_s(x):
    """The layers of the zoo's network of that name."""
    x = layers.MaxPooling2D(2, padding="same")(convolution(x, 16))
    for filters in (32, 48):
        x = layers.MaxPooling2D(2, padding="same")(convolution(convolution(x, filters), filters))
    return x


def strided_lite(x):
    """The layers of the zoo's network of that name."""
    x = convolution(x, 16)
    for filters in (24, 48, 64):
        x = separable(separable(x, filters, strides=2), filters)
    return x


NETWORKS = {function.__name__: function for function in (strided_s, pooled_s, strided_lite)}


def network(name, weights):
    """A trained network, of images in 0…1: the toolkit refuses a Rescaling layer."""
    image = keras.Input((28, 28, 1))
    x = layers.Flatten()(NETWORKS[name](image))
    model = keras.Model(image, layers.Dense(10, activation="softmax")(x))
    model.set_weights(weights)
    return model


def trained(model, images, labels, epochs, callbacks=()):
    """Trains a model on, as ``plain_compression.RECIPE`` does."""
    steps = epochs * (len(images) // 128)
    rate = keras.optimizers.schedules.CosineDecay(5e-4, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", ["accuracy"])
    model.fit(images, labels, 128, epochs, verbose=0, callbacks=list(callbacks))
    return model


def compressed(model, way, images, labels, epochs):
    """The model after one of the ways, and whether its ranges are trained."""
    if way == "int8":
        return model, False
    import tensorflow_model_optimization as tfmot

    if way == "qat":
        return trained(tfmot.quantization.keras.quantize_model(model), images, labels, epochs), True
    if way == "prune":
        end = int(0.6 * epochs * (len(images) // 128))
        schedule = tfmot.sparsity.keras.PolynomialDecay(0.0, 0.5, 0, end, frequency=max(1, end // 50))
        wrapped = tfmot.sparsity.keras.prune_low_magnitude(model, pruning_schedule=schedule)
        update = tfmot.sparsity.keras.UpdatePruningStep()
        return tfmot.sparsity.keras.strip_pruning(trained(wrapped, images, labels, epochs, [update])), False
    cluster = tfmot.clustering.keras
    start = cluster.CentroidInitialization.KMEANS_PLUS_PLUS

    def wrap(layer):
        kind = isinstance(layer, (layers.Conv2D, layers.Dense)) and not isinstance(layer, layers.DepthwiseConv2D)
        return cluster.cluster_weights(layer, 16, start) if kind else layer

    wrapped = keras.models.clone_model(model, clone_function=wrap)
    return cluster.strip_clustering(trained(wrapped, images, labels, epochs)), False


@click.command()
@click.argument("name", type=click.Choice(list(NETWORKS)))
@click.argument("way", type=click.Choice(["int8", "qat", "prune", "cluster"]))
@click.argument("weights", type=click.Path(exists=True))
@click.argument("output")
@click.option("--epochs", type=int, default=2, show_default=True)
def main(name, way, weights, output, epochs):
    """Compress network NAME in a WAY and convert it to int8."""
    keras.utils.set_random_seed(0)
    with np.load(weights) as file:
        model = network(name, [file[key] for key in file.files])
    split = load_dataset("fashion_mnist").train
    images, labels = split.read(range(len(split))).astype("float32") / 255, split.labels
    model, has_ranges = compressed(model, way, images, labels, epochs)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if not has_ranges:
        converter.representative_dataset = lambda: ([image[None]] for image in images[:100])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    Path(output).write_bytes(converter.convert())


if __name__ == "__main__":
    main()
