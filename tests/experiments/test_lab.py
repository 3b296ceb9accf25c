"""How an experiment trains."""

import keras
import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.experiments.lab import QUICK_IMAGES, Lab
from edgezoo.train import RunResult
from edgezoo.zoo import GlobalPoolCNN


def test_nothing_in_training_teaches_shifts_or_mirrors(dataset, tmp_path):
    for quick in (True, False):
        recipe = Lab.for_dataset(dataset, tmp_path, quick=quick, seed=4).recipe
        assert (recipe.shift, recipe.flip, recipe.resize, recipe.randaugment, recipe.seed) == (0, None, 0, 0, 4)


def test_few_images_are_seen_more_often(dataset, tmp_path):
    assert Lab.for_dataset(dataset, tmp_path, quick=False, seed=0).recipe.epochs == 60

    class Sized:
        def __init__(self, n):
            self.train = range(n)

    assert Lab.for_dataset(Sized(54_000), tmp_path, quick=False, seed=0).recipe.epochs == 5
    assert Lab.for_dataset(Sized(10_000_000), tmp_path, quick=False, seed=0).recipe.epochs == 1


def test_the_quick_form_takes_a_sample(dataset, tmp_path):
    quick = Lab.for_dataset(dataset, tmp_path, quick=True, seed=0).dataset
    for part, split in quick.splits.items():
        assert len(split) == min(QUICK_IMAGES[part], len(dataset.splits[part]))


def test_a_tuning_follows_with_normalization_fixed(dataset, tmp_path):
    lab = Lab.for_dataset(dataset, tmp_path, quick=True, seed=0)

    def make_model():
        return GlobalPoolCNN((None, None, 1), filters=(2, 4), blocks=1)

    path = lab.train([lab.training("any", make_model, tuning=lab.recipe)])["any"]
    first, tuned = (
        {weight.path: np.array(weight) for weight in keras.models.load_model(file).weights}
        for file in (tmp_path / "runs" / "any" / "model.keras", path)
    )
    assert path.read_bytes() == (tmp_path / "runs" / "any_tuning" / "model.keras").read_bytes()
    for name, value in first.items():
        assert np.array_equal(value, tuned[name]) == ("norm" in name), name


def test_a_stopped_training_is_told_in_one_line(dataset, tmp_path, monkeypatch):
    stopped = RunResult(tmp_path / "runs" / "any", tmp_path / "model.keras", 1, 1, 0.5, [], True)
    monkeypatch.setattr("edgezoo.train.tuning.fit", lambda *arguments, **options: stopped)
    lab = Lab.for_dataset(dataset, tmp_path, quick=True, seed=0)
    with pytest.raises(EdgezooError, match="was stopped; the same command goes on"):
        lab.train([lab.training("any", lambda: None)])
