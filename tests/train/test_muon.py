import keras
import numpy as np
import pytest
from keras import layers

from edgezoo.train import Recipe, fit
from edgezoo.train.muon import ConvMuon


@pytest.fixture
def network():
    """A convolution, a depthwise one, a normalization, a dense layer and a classifier, with an optimizer for them."""
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(6, 3, name="conv")(inputs)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dense(5, name="dense")(layers.Flatten()(x))
    model = keras.Model(inputs, layers.Dense(4, name="predictions")(x))
    optimizer = ConvMuon(learning_rate=0.01, exclude_layers=["predictions/"], weight_decay=None)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def test_matrices_go_by_muon_and_everything_else_by_adamw(network):
    model, optimizer = network
    muon = {variable.path for variable in model.trainable_variables if not optimizer._should_use_adamw(variable)}
    assert muon == {"conv/kernel", "dense/kernel"}


def test_a_kernels_step_is_the_nearest_orthogonal_matrix_to_its_momentum(network):
    """… which by definition has the singular vectors of the momentum, and singular values of about 1."""
    _, optimizer = network
    gradient = np.random.default_rng(0).normal(size=(3, 3, 3, 6)).astype("float32")
    step = np.asarray(optimizer.zeropower_via_newtonschulz5(keras.ops.array(gradient), 5))
    assert step.shape == gradient.shape
    u, _, v = np.linalg.svd(gradient.reshape(27, 6), full_matrices=False)
    # Muon's five iterations bring singular values to 0.7 … 1.2, not to 1: its author found that good enough.
    values = np.diag(u.T @ step.reshape(27, 6) @ v.T)
    assert values.min() > 0.6 and values.max() < 1.3
    cosine = np.sum(step.reshape(27, 6) * (u @ v)) / np.linalg.norm(step) / np.linalg.norm(u @ v)
    assert cosine > 0.98


def test_it_learns_and_is_in_the_recipe(dataset, make_model, tmp_path):
    result = fit(make_model(), dataset, tmp_path, Recipe(epochs=4, batch_size=16, optimizer="muon", learning_rate=0.01))
    assert result.history[-1]["loss"] < result.history[0]["loss"]
