"""Each experiment's quick form, run once a session."""

import functools
import shutil
from types import SimpleNamespace

import pytest

from edgezoo.datasets import load_dataset
from edgezoo.experiments import run_experiment


@pytest.fixture(scope="session")
def dataset():
    """scikit-learn's digits, 16×16."""
    return load_dataset("digits", image_size=16)


@pytest.fixture(scope="session")
def done(dataset, tmp_path_factory):
    """Function from an experiment's name to its ``folder`` and ``document``."""

    @functools.cache
    def run(name):
        folder = tmp_path_factory.mktemp(name)
        if name == "shift":  # the same networks: to begin with their trainings is to go on
            shutil.copytree(run("downsampling").folder / "runs", folder / "runs")
        return SimpleNamespace(folder=folder, document=run_experiment(name, dataset, folder, quick=True))

    return run
