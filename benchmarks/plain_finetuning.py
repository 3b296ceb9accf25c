"""What one would write without edgezoo: a network fine-tuned as Keras' tutorials say, and converted to int8.

    python benchmarks/plain_finetuning.py DATA WEIGHTS.h5 OUT --seed N

It is the other side of ``finetuning.py``, which starts it. ``DATA`` has the folders ``train`` and ``validation``, each
with a folder for each class; ``WEIGHTS.h5`` are ImageNet's of MobileNet 0.25. Writes ``OUT/model.keras`` and
``OUT/model_int8.tflite``. Nothing of edgezoo is in it.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import click
import keras
import tensorflow as tf

#: Images that the converter sees.
_CALIBRATING = 300


def images_of(folder, size, **options):
    """Batches of 32 images and labels in a folder."""
    return keras.utils.image_dataset_from_directory(folder, image_size=(size, size), batch_size=32, **options)


def network(weights, size, classes):
    """``(model, base)``: MobileNet 0.25 with ImageNet's weights, frozen, and a new head."""
    base = keras.applications.MobileNet((size, size, 3), alpha=0.25, include_top=False, weights=None)
    base.load_weights(weights, by_name=True)
    base.trainable = False
    inputs = keras.Input((size, size, 3))
    x = keras.layers.RandomFlip("horizontal")(inputs)
    x = keras.layers.RandomRotation(0.1)(x)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = base(x, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x)), base


def train(model, rate, epochs, training, validation):
    """Trains what is not frozen by Adam."""
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(training, validation_data=validation, epochs=epochs, verbose=2)


def int8(model, images):
    """The content of a file of integers throughout, calibrated on batches of one image."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image] for image in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.uint8
    return converter.convert()


@click.command()
@click.argument("data", type=Path)
@click.argument("weights")
@click.argument("output", type=Path)
@click.option("--seed", default=0, show_default=True)
@click.option("--size", default=96, show_default=True, help="Side of the images.")
@click.option(
    "--epochs", type=(int, int), default=(10, 20), show_default=True, help="Of the head, then of all weights."
)
def main(data, weights, output, seed, size, epochs):
    """Trains the head, then all of the network at a low rate, and converts it."""
    keras.utils.set_random_seed(seed)
    training = images_of(data / "train", size, seed=seed)
    validation = images_of(data / "validation", size, shuffle=False)
    model, base = network(weights, size, len(training.class_names))
    calibrating = training.unbatch().batch(1).take(_CALIBRATING)
    training, validation = (each.cache().prefetch(tf.data.AUTOTUNE) for each in (training, validation))
    train(model, 1e-3, epochs[0], training, validation)
    base.trainable = True
    train(model, 1e-4, epochs[1], training, validation)
    output.mkdir(parents=True, exist_ok=True)
    model.save(output / "model.keras")
    (output / "model_int8.tflite").write_bytes(int8(model, [image for image, _ in calibrating]))


if __name__ == "__main__":
    main()
