"""The networks that experiments compare: as equal as they are said to be, by another way of counting."""

import math

import numpy as np
import pytest

from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.experiments import depth, input_size, parameters
from edgezoo.experiments.lab import Lab
from edgezoo.experiments.networks import DOWNSAMPLING, by_downsampling, scale_for, widths

GRAY, COLOUR = (28, 28, 1), (32, 32, 3)
CLOSE = 0.03


def lab(shape, tmp_path):
    split = Split(ArraySource(np.zeros((20, *shape), np.uint8)), np.arange(20) % 10)
    dataset = Dataset("nothing", tuple("0123456789"), shape, split, split, split, {})
    return Lab.for_dataset(dataset, tmp_path, quick=False, seed=0)


def macs(model):
    """Multiplications of every trained kernel: each of its numbers once for each place of the output."""
    return sum(
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        for layer in model.layers
        if hasattr(layer, "kernel")
    )


def nearly(value, target):
    return abs(value - target) <= CLOSE * target


def test_widths_double_with_each_stage():
    assert widths(10) == (10, 20, 40)
    assert widths(0.2) == (1, 1, 1)


@pytest.mark.parametrize("target", [1, 40, 1000, 123_456])
def test_scale_for_comes_as_near_as_can_be(target):
    def area(scale):
        return max(round(scale), 1) ** 2

    found = scale_for(lambda scale: scale, area, target)
    assert abs(area(found) - target) == min(abs(side**2 - target) for side in range(1, 500))


@pytest.mark.parametrize("shape", [GRAY, COLOUR])
def test_ways_of_downsampling_have_equal_multiplications(shape, tmp_path):
    trainings = by_downsampling(lab(shape, tmp_path))
    assert [training.name for training in trainings] == list(DOWNSAMPLING)
    models = {training.name: training.make_model() for training in trainings}
    for model in models.values():
        assert nearly(macs(model), macs(models["max"]))
        assert 20_000 < model.count_params() < 150_000
    # They differ in what is under test, and a blur is none over two pixels.
    kinds = {name: {type(layer).__name__ for layer in model.layers} for name, model in models.items()}
    for name, kind in {"max": "MaxPooling2D", "average": "AveragePooling2D", "min": "MinPooling2D"}.items():
        assert kind in kinds[name]
    assert not any("Pooling2D" in kind and "Global" not in kind for kind in kinds["strided"])
    assert models["blur"].get_layer("stage1_pool").pool_size == (3, 3)


@pytest.mark.parametrize("shape", [GRAY, COLOUR])
def test_deep_and_wide_networks_have_one_budget(shape, tmp_path):
    designs = depth.designs(lab(shape, tmp_path))
    assert list(designs) == list(depth.BLOCKS)
    narrowest = math.inf
    for blocks, (filters, training) in designs.items():
        model = training.make_model()
        assert nearly(model.count_params(), depth.BUDGET)
        convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
        assert len(convolutions) == 3 * blocks
        assert [layer.filters for layer in convolutions] == [width for width in filters for _ in range(blocks)]
        assert filters[0] < narrowest
        narrowest = filters[0]


def test_families_have_the_budgets(tmp_path):
    for (family, budget), training in parameters.trainings(lab(GRAY, tmp_path)).items():
        assert nearly(training.make_model().count_params(), budget), (family, budget)


def test_flatten_networks_have_the_parameters_of_the_one_for_any_size(tmp_path):
    anywhere, *fixed = input_size.trainings(lab(GRAY, tmp_path))
    model = anywhere.make_model()
    assert model.input_shape == (None, None, None, 1)
    assert [training.name for training in fixed] == ["PooledCNN", "StridedCNN"]
    for training in fixed:
        assert training.make_model().input_shape == (None, *GRAY)
        assert nearly(training.make_model().count_params(), model.count_params())
        assert training.recipe.resize == 0
        assert training.recipe.epochs == anywhere.recipe.epochs + anywhere.tuning.epochs
    assert anywhere.recipe.resize == anywhere.tuning.resize > 0
