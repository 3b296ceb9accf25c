import json

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.train import Recipe, fit
from edgezoo.train.averages import Averages
from edgezoo.train.network import fitting
from edgezoo.zoo import load_model

from ..schemas import assert_valid

#: A few steps that teach a lot.
RECIPE = Recipe(epochs=2, batch_size=16, learning_rate=0.01, schedule="constant", shift=0, precision="float32")


@pytest.fixture
def make_model():
    """A function that builds a network whose averages are of a given momentum; pixels are far from where they begin."""

    def make(momentum=0.99, trainable=True):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((16, 16, 3))
        x = layers.Conv2D(8, 3, strides=2)(inputs)
        x = layers.BatchNormalization(momentum=momentum, trainable=trainable, name="norm")(x)
        x = layers.Dropout(0.5)(layers.ReLU()(x))
        x = layers.BatchNormalization(momentum=momentum, trainable=trainable, name="second")(x)
        return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.Flatten()(x)))

    return make


def test_averages_that_lag_are_estimated_anew(tmp_path, dataset, make_model, capsys):
    result = fit(make_model(0.999), dataset, tmp_path / "run", RECIPE)
    record = json.loads((tmp_path / "run/run.json").read_text())
    assert_valid(record, "train", "run")
    assert record["results"]["averages"] == result.history[result.best_epoch - 1]["averages"] == "estimated"
    assert result.val_accuracy > 0.6
    model = load_model(result.model_path)
    images, labels = next(dataset.validation.batches(1000))
    assert (model.predict(images, verbose=0).argmax(-1) == labels).mean() == pytest.approx(result.val_accuracy)
    assert capsys.readouterr().err.count("lag behind so few steps") == 1


def test_estimates_are_the_statistics_of_batches_with_the_rest_in_use(dataset, make_model):
    model = make_model()
    weights = Averages(fitting(model, dataset), dataset.train, RECIPE)._estimated(model)
    estimated = make_model()
    estimated.set_weights(weights)
    order = np.random.default_rng(0).permutation(len(dataset.train))
    order = order[: len(order) // 16 * 16].reshape(-1, 16)
    first = keras.Model(model.input, model.layers[1].output)  # what the first normalization gets
    batches = [np.asarray(first(dataset.train.read(indices).astype("float32"))) for indices in order]
    norm = estimated.get_layer("norm")
    np.testing.assert_allclose(norm.moving_mean, np.mean([b.mean((0, 1, 2)) for b in batches], 0), rtol=1e-3)
    np.testing.assert_allclose(norm.moving_variance, np.mean([b.var((0, 1, 2)) for b in batches], 0), rtol=1e-3)
    # Without dropout the second one gets what the first one gives: of variance below 1, since it is cut off at 0.
    assert np.all(np.asarray(estimated.get_layer("second").moving_variance) < 1)
    unchanged = [a is b or np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True)]
    assert unchanged.count(False) == 4


@pytest.mark.parametrize(
    ("model", "recipe"),
    [({"momentum": 0.9}, {}), ({}, {"batch_norm_momentum": 0.9}), ({"trainable": False}, {})],
    ids=["its own", "the recipe's", "frozen"],
)
def test_averages_that_follow_are_left_alone(tmp_path, dataset, make_model, model, recipe):
    made = make_model(**model)
    before = np.array(made.get_layer("norm").moving_mean)
    result = fit(made, dataset, tmp_path / "run", Recipe(**{**vars(RECIPE), **recipe, "epochs": 1}))
    assert "averages" not in result.history[0]
    moved = np.abs(np.array(made.get_layer("norm").moving_mean) - before).max()
    assert (moved == 0) == ("trainable" in model)
    assert load_model(result.model_path).get_layer("norm").momentum == model.get("momentum", 0.99)


def test_the_momentum_of_a_recipe_is_that_of_the_training(tmp_path, dataset, make_model):
    """With a momentum near 0 the average is that of the last batch, with one near 1 it stays as it was."""
    spread = []
    for momentum in (1e-6, 0.99999):
        made = make_model()
        recipe = Recipe(**{**vars(RECIPE), "epochs": 1, "batch_norm_momentum": momentum, "learning_rate": 1e-9})
        fit(made, dataset, tmp_path / str(momentum), recipe)
        spread.append(np.abs(np.array(made.get_layer("norm").moving_mean)).max())
    assert spread[0] > 10 and spread[1] < 1


def test_a_frozen_part_is_told_and_stays(tmp_path, dataset, capsys):
    """As in tutorials: a base that is frozen and called with ``training=False``, and a head."""
    base = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(momentum=0.5)])
    base.trainable = False
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, layers.Dense(4)(layers.Flatten()(base(inputs, training=False))))
    before = base.get_weights()
    fit(model, dataset, tmp_path / "run", Recipe(epochs=1, batch_size=32))
    assert "frozen, since their layers are not trainable: 128 of 3,268 weights" in capsys.readouterr().err
    assert json.loads((tmp_path / "run/run.json").read_text())["model"]["frozen_params"] == 128
    for a, b in zip(before, base.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
