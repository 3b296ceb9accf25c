"""Scripts that start others."""

import subprocess
from types import SimpleNamespace

import pytest
import side_by_side
import time_to_accuracy

from .. import forked


@pytest.fixture
def forked_scripts(monkeypatch):
    """The scripts that are run side by side, or one after another, have TensorFlow already."""

    def start(command, **options):
        return forked.Forked(command, with_children=True, **options)

    monkeypatch.setattr(side_by_side, "subprocess", SimpleNamespace(Popen=start))
    monkeypatch.setattr(time_to_accuracy, "subprocess", SimpleNamespace(run=forked.run, PIPE=subprocess.PIPE))
