import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.inspection.keras_pixels import keras_pixels
from edgezoo.zoo.loading import load_model


def network(front, shape=(8, 8, 3), **options):
    image = keras.Input(shape, **options)
    return keras.Model(image, layers.Dense(2)(layers.Flatten()(layers.Conv2D(2, 3)(front(image)))))


def trained_normalization(mean, variance):
    """A batch normalization with these statistics, as if it had seen images."""

    def front(x):
        layer = layers.BatchNormalization()
        x = layer(x)
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)
        return x

    return front


def adapted(values):
    layer = layers.Normalization()
    layer.adapt(np.random.default_rng(0).uniform(*values, (20, 8, 8, 3)))
    return layer


def nested(front):
    return lambda x: network(front)(x)[:, None, None] + layers.GlobalAveragePooling2D(keepdims=True)(x) * 0


FRONTS = {
    "rescaling": (lambda: layers.Rescaling(1 / 255), "0..255"),
    "to -1..1": (lambda: layers.Rescaling(1 / 127.5, offset=-1), "0..255"),
    "from 0..1": (lambda: layers.Rescaling(2.0, offset=-1), "0..1"),
    "undone": (lambda: keras.Sequential([layers.Rescaling(255.0), layers.Rescaling(1 / 255)]), "0..1"),
    "from -1..1": (lambda: layers.Rescaling(127.5, offset=127.5), "-1..1"),
    "by channel": (lambda: layers.Rescaling([1 / 58, 1 / 57, 1 / 57], offset=[-2.1, -2, -1.8]), "0..255"),
    "bare": (lambda: lambda x: x / 127.5 - 1, "0..255"),
    "bare, 0..1": (lambda: lambda x: 2 * x - 1, "0..1"),
    "negative": (lambda: lambda x: 1 - x / 255, "0..255"),
    "caffe": (lambda: keras.applications.resnet.preprocess_input, "0..255"),
    "torch": (lambda: keras.applications.densenet.preprocess_input, "0..255"),
    "normalization": (lambda: adapted((0, 255)), "0..255"),
    "normalization, 0..1": (lambda: adapted((0, 1)), "0..1"),
    "normalization, -1..1": (lambda: adapted((-1, 1)), "-1..1"),
    "batch normalization": (lambda: trained_normalization([120] * 3, [3600] * 3), "0..255"),
    "batch normalization, 0..1": (lambda: trained_normalization([0.5] * 3, [0.06] * 3), "0..1"),
    "behind augmentation": (
        lambda: keras.Sequential([layers.RandomFlip(), layers.Resizing(8, 8), layers.Rescaling(1 / 255)]),
        "0..255",
    ),
    "in branches": (lambda: lambda x: layers.Concatenate()([x / 255, layers.Rescaling(1 / 127.5, -1)(x)]), "0..255"),
    "in a nested model": (lambda: lambda x: layers.Reshape((1, 1, 2))(network(layers.Rescaling(2.0, -1))(x)), "0..1"),
}


@pytest.mark.parametrize("name", FRONTS)
def test_first_operations_tell(name, tmp_path):
    make, text = FRONTS[name]
    model = network(make(), (8, 8, 3)) if name != "in a nested model" else None
    if model is None:
        image = keras.Input((8, 8, 3))
        model = keras.Model(image, layers.Flatten()(make()(image)))
    found = keras_pixels(model)
    assert found.text == text and found.known_by != "assumed"
    model.save(tmp_path / "net.keras")  # constants come back as other objects
    assert keras_pixels(load_model(tmp_path / "net.keras")) == found


@pytest.mark.parametrize(
    "front",
    [
        lambda x: x,
        layers.BatchNormalization(),  # not trained
        layers.Rescaling(1.0),
        layers.Rescaling(7.0, offset=30),
        lambda x: layers.Add()([layers.Conv2D(3, 1)(x), x]),
        lambda x: layers.Concatenate()([x / 255, 2 * x - 1]),  # branches that disagree
        lambda x: x * x,
    ],
)
def test_what_leaves_it_open(front):
    found = keras_pixels(network(front))
    assert found.is_raw and found.known_by == "assumed"


def test_integers_are_pixels():
    assert keras_pixels(network(lambda x: keras.ops.cast(x, "float32"), dtype="uint8")).known_by == "input type"


def test_a_dict_of_one_image():
    image = keras.Input((8, 8, 3), name="image")
    model = keras.Model({"image": image}, {"scores": layers.Dense(2)(layers.Flatten()(image / 255))})
    assert keras_pixels(model).known_by == "first operations"
