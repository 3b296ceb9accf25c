import math

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.train import Recipe, network
from edgezoo.train.stream import training_batches
from edgezoo.zoo.classifier import classifier


@pytest.mark.parametrize(
    ("top", "softmax"),
    [
        (layers.Dense(4, activation="softmax"), True),
        (keras.Sequential([layers.Dense(4), layers.Softmax()]), True),
        (keras.Sequential([layers.Dense(4), layers.Activation("softmax")]), True),
        (lambda x: keras.ops.softmax(layers.Dense(4)(x)), True),
        (layers.Dense(4), False),
        (keras.Sequential([layers.Dense(4), layers.Activation("linear")]), False),
        (keras.Sequential([layers.Dense(4), layers.Dropout(0.1)]), False),
    ],
    ids=range(7),
)
def test_probabilities_and_logits_are_told_apart(dataset, top, softmax):
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, top(layers.GlobalAveragePooling2D()(inputs)))
    assert network.fitting(model, dataset).gives_probabilities is softmax


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"classes": 5}, r"net tells 5 classes apart, shapes has 4; build the model with --classes 4"),
        ({"shape": (16, 16, 1)}, r"net takes images of 16×16×1, shapes has 16×16×3; .*--input-shape 16,16,3"),
        ({"activation": "sigmoid"}, r"net ends in sigmoid; .* softmax, in nothing"),
    ],
)
def test_a_model_that_does_not_fit_the_data_is_told_why(dataset, make_model, kwargs, message):
    with pytest.raises(EdgezooError, match=message):
        network.fitting(make_model(**kwargs, name="net"), dataset)


def test_models_of_other_kinds_are_refused(dataset, make_model):
    class Own(keras.Model):
        def call(self, x):
            return x

    inputs = keras.Input((16, 16, 3))
    frozen = make_model(name="net")
    frozen.trainable = False
    for model, message in [
        (Own(), "own is no functional or sequential"),
        (keras.Model(inputs, [inputs, inputs], name="two"), "two has 1 inputs and 2 outputs"),
        (keras.Model(inputs, inputs, name="image"), r"image is no classifier: .*\[\?, 16, 16, 3\]"),
        (frozen, "net has no trainable weights"),
    ]:
        with pytest.raises(EdgezooError, match=message):
            network.fitting(model, dataset)


def test_a_copy_computes_the_same(make_model):
    inner = make_model(activation="relu", classes=6)
    model = keras.Sequential([keras.Input((16, 16, 3)), inner, layers.Dense(4, activation="softmax")])
    images = np.random.default_rng(0).uniform(0, 255, (8, 16, 16, 3)).astype("float32")
    expected = model.predict(images, verbose=0)
    copy = network.copy_of(model, "float32")
    np.testing.assert_array_equal(copy.predict(images, verbose=0), expected)
    copy.set_weights([np.zeros_like(weight) for weight in copy.get_weights()])
    np.testing.assert_array_equal(model.predict(images, verbose=0), expected)


def test_a_mixed_copy_computes_in_halves_and_ends_in_float32(make_model):
    model = make_model()
    copy = network.copy_of(model, "mixed_bfloat16")
    *body, last = [layer for layer in copy.layers if not isinstance(layer, layers.InputLayer)]
    assert {layer.compute_dtype for layer in body} == {"bfloat16"}
    assert last.compute_dtype == copy.outputs[0].dtype == "float32"
    assert {variable.dtype for variable in copy.weights} == {"float32"}
    again = network.copy_of(copy, "float32")
    assert {layer.compute_dtype for layer in again.layers} == {"float32"}
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("schedule", "warmup"), [("cosine", 0.2), ("cosine", 0.0), ("constant", 0.5)])
def test_learning_rate_by_formula(make_model, schedule, warmup):
    recipe = Recipe(learning_rate=0.3, schedule=schedule, warmup=warmup)
    rate = network.trainer(classifier(make_model(), "net"), "float32", recipe, steps=100).optimizer._learning_rate
    rise = round(100 * warmup)
    for step in (0, 1, 10, 19, 20, 49, 50, 75, 100):
        if step < rise:
            expected = 0.3 * step / rise
        else:
            share = (step - rise) / (100 - rise)
            expected = 0.3 * (0.5 + 0.5 * math.cos(math.pi * share) if schedule == "cosine" else 1)
        assert float(rate(step)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
def test_only_kernels_decay(make_model, optimizer):
    recipe = Recipe(optimizer=optimizer, learning_rate=0.1, weight_decay=0.5, warmup=0, schedule="constant")
    trainer = network.trainer(classifier(make_model(), "net"), "float32", recipe, steps=10)
    for variable in trainer.trainable_variables:
        variable.assign(np.ones(variable.shape))
    trainer.optimizer.apply([np.zeros(v.shape, "float32") for v in trainer.trainable_variables])
    for variable in trainer.trainable_variables:
        expected = 0.95 if variable.name == "kernel" else 1.0  # 1 − learning rate × decay
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-6)


def test_averages_follow_the_recurrence_and_leave_the_training_alone(dataset, make_model):
    recipe = Recipe(epochs=1, batch_size=32, optimizer="sgd", learning_rate=0.1, warmup=0, ema=0.75)
    trainer = network.trainer(classifier(make_model(), "net"), "float32", recipe, steps=8)
    averages = None
    for images, targets in training_batches(dataset.train, 4, recipe).take(4):
        trainer.train_on_batch(images, targets)
        current = [variable.numpy() for variable in trainer.trainable_variables]
        pairs = zip(averages or current, current, strict=True)
        averages = [0.75 * average + 0.25 * value for average, value in pairs]
    before = network.state(trainer)
    given = keras.models.clone_model(trainer)
    given.set_weights(network.averaged_weights(trainer))
    for variable, average in zip(given.trainable_variables, averages, strict=True):
        np.testing.assert_allclose(variable.numpy(), average, rtol=1e-5, atol=1e-7)
    for a, b in zip(before, network.state(trainer), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_restored_trainer_goes_on_to_the_same_bits(dataset, make_model):
    recipe = Recipe(epochs=1, batch_size=32, ema=0.9)
    batches = list(training_batches(dataset.train, 4, recipe).take(4).as_numpy_iterator())

    def fresh():
        return network.trainer(classifier(make_model(), "net"), "float32", recipe, steps=8)

    first = fresh()
    for batch in batches[:2]:
        first.train_on_batch(*batch)
    second = fresh()
    network.restore(second, network.state(first))
    for trainer in (first, second):
        for batch in batches[2:]:
            trainer.train_on_batch(*batch)
    for a, b in zip(network.state(first), network.state(second), strict=True):
        np.testing.assert_array_equal(a, b)


def test_dropout_is_seeded_by_the_recipe(make_model):
    def draws(seed):
        model = network.trainer(classifier(make_model(), "net"), "float32", Recipe(seed=seed), steps=1)
        return model(np.full((4, 16, 16, 3), 100.0), training=True).numpy()

    np.testing.assert_array_equal(draws(3), draws(3))
    assert not np.array_equal(draws(3), draws(4))


def test_the_fingerprint_is_of_the_architecture_not_of_names(make_model):
    assert network.architecture(make_model(name="a")) == network.architecture(make_model(name="b"))
    assert network.architecture(make_model()) != network.architecture(make_model(activation=None))
