"""Tests of the recipe that a network is compressed by."""

import json
from pathlib import Path

import pytest

from edgezoo.common.files import sha256
from edgezoo.compress import recipe_for
from edgezoo.train import Recipe


@pytest.fixture
def trained(tmp_path, zoo):
    """A model file with the record of its run beside it."""
    model = tmp_path / "model.keras"
    model.write_bytes(Path(zoo.keras).read_bytes())
    recipe = {"epochs": 40, "learning_rate": 0.02, "optimizer": "muon", "label_smoothing": 0.0, "flip": "horizontal"}
    record = {"recipe": recipe, "results": {"model_sha256": sha256(model)}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    return model


def test_images_are_as_in_the_training_and_steps_as_in_the_recipe(trained, capsys):
    plain, recipe = Recipe.load("compress"), recipe_for(trained, "prune+qat")
    assert (recipe.flip, recipe.label_smoothing) == ("horizontal", 0)
    assert (recipe.epochs, recipe.learning_rate, recipe.optimizer) == (plain.epochs, plain.learning_rate, "adamw")
    assert recipe.shift == plain.shift  # of which the record says nothing
    assert "flip horizontal" in capsys.readouterr().err
    assert recipe_for(trained, "prune+qat", label_smoothing=0.1, epochs=2) == Recipe.load(
        "compress", flip="horizontal", label_smoothing=0.1, epochs=2
    )


def test_a_recipe_that_is_named_stands_alone(trained):
    assert recipe_for(trained, "prune", "quick") == Recipe.load("quick")


def test_a_file_of_another_run_has_no_record(trained, capsys):
    with open(trained, "ab") as file:
        file.write(b"x")
    assert recipe_for(trained, "prune+qat") == Recipe.load("compress")
    assert "run" not in capsys.readouterr().err


def test_rounding_alone_is_learned_in_small_steps(trained):
    assert recipe_for(trained, "qat").learning_rate == Recipe.load("qat").learning_rate
    assert Recipe.load("qat").learning_rate < Recipe.load("compress").learning_rate
