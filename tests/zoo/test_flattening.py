import keras
import numpy as np
from keras import layers

from edgezoo.zoo.flattening import flattened

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3)).astype("float32")


def test_a_normalization_that_has_been_adapted_stays_so():
    normalization = layers.Normalization()
    normalization.adapt(IMAGES)
    inner = keras.Sequential([keras.Input((8, 8, 3)), normalization, layers.Conv2D(2, 3)], name="inner")
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.GlobalAveragePooling2D()])
    np.testing.assert_allclose(flattened(model).network([IMAGES]), model(IMAGES), atol=1e-6)


def test_steps_are_the_calls_that_the_answer_depends_on():
    """A backbone with two outputs, called twice, one output of the second call read by nobody."""
    image = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="conv")(image)
    backbone = keras.Model(image, [conv, layers.ReLU(name="relu")(conv)], name="backbone")
    image = keras.Input((8, 8, 3))
    first, second = backbone(image), backbone(layers.Rescaling(1 / 255, name="scale")(image))
    model = keras.Model(image, layers.Add(name="add")([first[1], second[0]]))
    steps = flattened(model).steps
    paths = [step.path for step in steps]
    assert sorted(paths) == sorted(["backbone/conv", "backbone/relu", "scale", "backbone/conv", "add"])
    relu = steps[paths.index("backbone/relu")]
    assert id(relu.reads[0]) in {id(step.output) for step in steps if step.path == "backbone/conv"}


def test_steps_run_on_values_of_ones_own():
    image = keras.Input((8, 8, 3))
    double = layers.Rescaling(2.0, name="double")
    flat = flattened(keras.Model(image, double(double(image) + 1)))
    values = {id(flat.network.inputs[0]): np.float32(3)}
    for step in flat.steps:
        step.run(values)
    assert np.asarray(values[id(flat.network.outputs[0])]) == 14
    for step in flat.steps:
        step.run(values, lambda value, *others: value)
    assert values[id(flat.network.outputs[0])] == 3
