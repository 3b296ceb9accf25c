import dataclasses
import json
import signal
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.common.errors import EdgezooError
from edgezoo.train import Recipe, compiled, fit, loop, network
from edgezoo.train.compiled import CompiledTrainer, chunk_length
from edgezoo.train.stream import steps_per_epoch
from edgezoo.train.teachers import SoftTargets
from edgezoo.train.trainer import Trainer
from edgezoo.zoo.classifier import classifier

from ..schemas import assert_valid

RECIPE = {
    "epochs": 2,
    "batch_size": 50,
    "learning_rate": 5e-3,
    "flip": "horizontal",
    "crop": 0.5,
    "jitter": 0.3,
    "shift": 0.2,
    "erase": 0.5,
    "mixup": 0.2,
    "cutmix": 1.0,
    "precision": "float32",
    "jit_compile": True,
}


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch):
    """Chunks of four and three steps make an epoch: one is filled up."""
    monkeypatch.setattr(compiled, "_MOST_STEPS", 4)


@pytest.fixture
def make_small(dataset):
    """A network without random draws of its own."""

    def make():
        keras.utils.set_random_seed(1)
        image = keras.Input(dataset.input_shape)
        x = layers.Conv2D(4, 3, strides=2, use_bias=False)(layers.Rescaling(1 / 255)(image))
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.DepthwiseConv2D(3, strides=2)(x)
        return keras.Model(image, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x)), name="net")

    return make


def trained(trainer, dataset, recipe, **options):
    steps = steps_per_epoch(dataset.train, recipe)
    batches = trainer.batches(dataset.train, 4, recipe)
    trainer.fit(batches, steps_per_epoch=steps, epochs=recipe.epochs, shuffle=False, verbose=0, **options)
    return trainer


class Logs(keras.callbacks.Callback):
    """What callbacks are told."""

    def __init__(self):
        super().__init__()
        self.steps, self.epochs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(batch)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append([logs["loss"], logs["accuracy"]])


def test_compiled_steps_make_the_same_weights(dataset, make_small):
    recipe = Recipe(**RECIPE, optimizer="muon", ema=0.8, alpha=0.5)
    form = classifier(make_small(), "net")

    def model():
        soft = SoftTargets([SimpleNamespace(form=form)], recipe.temperature)
        return network.trainer(form, "float32", recipe, steps=14, soft_targets=soft)

    assert chunk_length(dataset.train, recipe) == 4 and steps_per_epoch(dataset.train, recipe) == 7
    one_by_one, together = Logs(), Logs()
    expected = trained(Trainer(model()), dataset, recipe, callbacks=[one_by_one])
    given = trained(CompiledTrainer(model(), dataset.train, recipe), dataset, recipe, callbacks=[together])
    for a, b in zip(given.weights(), expected.weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert given.learning_rate() == expected.learning_rate()
    assert together.steps == [3, 6] * 2
    np.testing.assert_allclose(together.epochs, one_by_one.epochs, rtol=1e-5)


def test_a_compiled_run_goes_on_where_it_was_stopped(tmp_path, monkeypatch, dataset, make_small):
    recipe = Recipe(**RECIPE, optimizer="sgd")
    fit(make_small(), dataset, tmp_path / "whole", dataclasses.replace(recipe, jit_compile="auto"))
    calls, watch = [], loop._Watch.on_train_batch_end

    def stopped_in_the_second_epoch(self, batch, logs=None):
        calls.append(batch)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        watch(self, batch, logs)

    monkeypatch.setattr(loop._Watch, "on_train_batch_end", stopped_in_the_second_epoch)
    part = fit(make_small(), dataset, tmp_path / "part", recipe)
    assert part.interrupted and part.epochs == 1
    resumed = fit(make_small(), dataset, tmp_path / "part", recipe, resume=True)
    assert calls == [3, 6, 3, 3, 6] and not resumed.interrupted
    record = json.loads((tmp_path / "part" / "run.json").read_text())
    assert record["execution"]["chosen"] == "compiled"
    assert_valid(record, "train", "run")
    with np.load(tmp_path / "whole" / "checkpoint.npz") as a, np.load(tmp_path / "part" / "checkpoint.npz") as b:
        assert a.files == b.files
        for key in set(a.files) - {"history"}:
            np.testing.assert_allclose(a[key], b[key], rtol=1e-4, atol=1e-5)


def test_what_xla_cannot_compile_is_refused(tmp_path, dataset, make_small):
    recipe = Recipe(**RECIPE | {"randaugment": 0.5})
    with pytest.raises(EdgezooError, match="jit_compile cannot be: XLA cannot compile randaugment; set it to auto"):
        fit(make_small(), dataset, tmp_path, recipe)


def test_a_network_that_xla_cannot_compile_is_said_to_be_one(tmp_path, dataset):
    image = keras.Input(dataset.input_shape)
    x = layers.GlobalAveragePooling2D()(layers.RandomRotation(0.1)(image))
    recipe = Recipe(batch_size=50, shift=0, precision="float32", jit_compile=True)
    reason = r"XLA cannot compile these training steps: .* ImageProjectiveTransformV3; .* with jit_compile: auto\.$"
    with pytest.raises(EdgezooError, match=reason):
        fit(keras.Model(image, layers.Dense(4)(x)), dataset, tmp_path, recipe)
