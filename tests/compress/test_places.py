"""Where ranges stand: the rules, and where TensorFlow's toolkit has them in a network that it knows."""

import keras
import pytest
from keras import layers

from edgezoo.compress.places import ranged_layers
from edgezoo.compress.plan import plan_of


def ranged(outputs, inputs):
    return ranged_layers(plan_of(keras.Model(inputs, outputs)).document)


def test_one_range_for_each_operator_of_a_file():
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Rescaling(1 / 255, name="scale")(image)
    x = layers.Conv2D(4, 3, name="conv")(x)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.MaxPooling2D(name="pool")(x)
    x = layers.Dropout(0.1, name="drop")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(3, name="dense")(x)
    # The convolution, its normalization and its rectifier are one operator, and what follows keeps its range.
    assert ranged(layers.Softmax(name="softmax")(x), image) == ["relu", "dense"]


def test_an_activation_without_a_kernel_that_has_it_built_in_reads_a_range():
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 1, name="conv")(image)
    y = layers.Activation("hard_silu", name="hard")(x)
    assert ranged(y, image) == ["conv", "hard"]
    assert ranged(layers.LeakyReLU(name="leaky")(x), image) == ["conv", "leaky"]
    assert ranged(layers.ReLU(max_value=1.0, name="one")(x), image) == ["conv", "one"]


def test_what_is_read_twice_has_a_range_of_its_own():
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(3, 1, name="conv")(image)
    relu = layers.ReLU(name="relu")(x)
    total = layers.Add(name="add")([x, relu])
    assert ranged(layers.ReLU(max_value=6.0, name="last")(total), image) == ["conv", "relu", "last"]
    assert ranged([total, relu], image) == ["conv", "relu", "add"]


def test_a_concatenation_has_one_range_for_all_that_it_joins():
    image = keras.Input((8, 8, 3), name="image")
    one, other = (layers.Conv2D(3, 1, activation="relu", name=name)(image) for name in ("one", "other"))
    both = layers.Concatenate(name="both")([one, other])
    assert ranged(both, image) == ["both"]
    assert ranged([both, other], image) == ["other_relu", "both"]


def test_the_toolkit_rounds_at_the_same_places(twin_here):
    pytest.importorskip("tensorflow_model_optimization")
    from edgezoo.compress.quantizers import quantizers

    tfmot = pytest.importorskip("tensorflow_model_optimization")
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, name="conv")(image)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    y = layers.BatchNormalization(name="bn_2")(y)
    x = layers.Add(name="add")([x, y])
    x = layers.Dense(3, name="dense")(layers.Flatten(name="flat")(x))
    twin = twin_here(keras.Model(image, x))
    theirs = tfmot.quantization.keras.quantize_model(twin.model)
    places = []
    for layer in theirs.layers:
        kinds = [getattr(each, "quantizer", None) for each in getattr(layer, "_quantize_activations", [])]
        kinds += getattr(layer, "_output_quantizers", [])
        kinds = [each for each in kinds if each is not None]
        active = [each for each in getattr(layer, "_quantize_activations", []) if each._should_post_quantize()]
        if active or getattr(layer, "_output_quantizers", []):
            places.append(layer.name.removeprefix("quant_"))
        assert all(isinstance(each, quantizers.Quantizer) for each in kinds)
    assert places == ranged_layers(twin.plan.document)
