"""Checks of a GPU, where there is none."""

import json

import documents
import gpu
import pytest

from edgezoo.common.errors import EdgezooError


def test_without_a_gpu_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(documents, "RESULTS", tmp_path)
    with pytest.raises(EdgezooError, match="no GPU is here"):
        gpu.main.main([], standalone_mode=False)
    assert not list(tmp_path.iterdir())


def test_what_fails_is_kept_and_the_next_check_goes_on(monkeypatch, tmp_path):
    monkeypatch.setattr(documents, "RESULTS", tmp_path)
    monkeypatch.setattr(gpu.Checks, "memory", lambda self: 1 / 0)
    options = ["--without-gpu", "--data", "digits", "--only", "memory", "--only", "tf32"]
    gpu.main.main(options, standalone_mode=False)
    document = json.loads((tmp_path / "gpu.json").read_text())
    assert document["checks"]["memory"]["failed"] == "ZeroDivisionError: division by zero"
    assert document["checks"]["tf32"]["with"] < 1e-5 and document["gpu"] is None
