"""Networks in which every weight matters, and their twins in the tests' own process."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from edgezoo.compress.building import build, set_weights
from edgezoo.compress.plan import plan_of
from edgezoo.compress.twin import in_order, weights_of


@pytest.fixture(scope="session")
def lively():
    """A function that gives a model random weights and statistics, under which its signals neither die nor explode."""

    def enliven(model, seed=0):
        rng = np.random.default_rng(seed)
        for weight in model.weights:
            if weight.name in ("gamma", "moving_variance"):
                weight.assign(rng.uniform(0.5, 1.5, weight.shape))
            elif "kernel" in weight.name:
                depthwise = "depthwise" in weight.path
                inputs = np.prod(weight.shape[: 2 if depthwise else -1])
                weight.assign(rng.normal(0, 1.6 / np.sqrt(inputs), weight.shape))
            elif weight.dtype == "float32":
                weight.assign(rng.normal(0, 0.2, weight.shape))
        return model

    return enliven


@pytest.fixture(scope="session")
def images():
    """A function from a model to random images for it, pixels 0–255, in a list."""

    def make(model, n=3, side=16):
        rng = np.random.default_rng(1)
        shapes = [[n, *(extent or side for extent in each.shape[1:])] for each in model.inputs]
        return [rng.uniform(0, 255, shape).astype("float32") for shape in shapes]

    return make


@pytest.fixture(scope="session")
def twin_here():
    """A function from a model to its twin, ``model``, and its ``plan``, without a child process."""
    tf_keras = pytest.importorskip("tf_keras")

    def make(model):
        plan = plan_of(model)
        twin, layers = build(tf_keras, plan.document)
        set_weights(layers, plan.document, in_order(weights_of(model, plan), plan))
        return SimpleNamespace(model=twin, plan=plan)

    return make


@pytest.fixture(scope="session")
def outputs_of():
    """A function from a model of Keras 3 or 2, and its inputs in a list, to its outputs in a list."""

    def run(model, inputs):
        outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        return [np.asarray(output) for output in keras.tree.flatten(outputs)]

    return run
