"""What every family and every named model must have; the messages say what is missing, and where it goes."""

import inspect
import json
import re
from importlib import resources
from pathlib import Path

import pytest

from edgezoo import zoo
from edgezoo.inspection.catalog import measure
from edgezoo.zoo.families import FAMILIES, Family
from edgezoo.zoo.registry import entry, list_models

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models.md"


def missing_of_family(family):
    """What a ``Family`` still lacks, one line each."""
    missing, name, builder = [], family.name, family.builder
    if getattr(zoo, name, None) is not builder:
        missing.append(f"edgezoo.zoo does not offer {name}: add it to HOMES in zoo/families.py")
    parameters, explained = inspect.signature(builder).parameters, inspect.getdoc(builder) or ""
    for needed in ("input_shape", "classes", "include_top", "weights", "name"):
        if needed not in parameters:
            missing.append(f"{name} does not take `{needed}`, as every family does")
    for parameter in parameters:
        if not re.search(rf"^    {parameter}: \S", explained, re.MULTILINE):
            missing.append(f"{name}'s docstring does not explain `{parameter}`: add it to its Args")
    for channels in (1, 3, 4):
        try:
            shape = builder((28, 24, channels), classes=7).output_shape
        except Exception as error:
            shape = f"{type(error).__name__}: {error}"
        if shape != (None, 7):
            missing.append(f"{name} gives no (None, 7) for 7 classes and {channels} channels, but {shape}")
    if f"`{name}`" not in PAGE.read_text("utf-8"):
        missing.append(f"docs/models.md does not name `{name}`: add it to the table of families")
    if not any(entry(model).family == name for model in list_models()):
        missing.append(f"no named model is of {name}: add one to zoo/models.py")
    return missing


def missing_of_model(name):
    """What a named model still lacks, one line each."""
    missing, found = [], entry(name)
    rows = json.loads(resources.files("edgezoo.inspection").joinpath("catalog.json").read_text("utf-8"))
    if measure(name) not in rows:
        missing.append(f"catalog.json does not have {name}'s figures: run `python -m edgezoo.inspection.catalog`")
    if f"| `{name}` | {found.family_name} |" not in PAGE.read_text("utf-8"):
        missing.append(f"docs/models.md does not list `{name}`: run `python benchmarks/render.py`")
    if not found.summary:
        missing.append(f"{name} has no summary: give its function in zoo/models.py a docstring")
    return missing


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_whole(name):
    missing = missing_of_family(FAMILIES[name])
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", list_models())
def test_a_named_model_is_whole(name):
    missing = missing_of_model(name)
    assert not missing, "\n".join(missing)


def test_what_a_half_finished_family_lacks_is_named():
    def HalfCNN(input_shape, classes, *, width=8):
        """Half a family.

        Args:
            input_shape, classes: as everywhere.
            width: of all layers.
        """
        if input_shape[-1] == 4:
            raise ValueError("no")
        return zoo.StridedCNN(input_shape, classes, filters=(width,))

    told = "\n".join(missing_of_family(Family("HalfCNN", lambda: HalfCNN)))
    for place in ("HOMES in zoo/families.py", "`weights`", "explain `classes`", "4 channels, but ValueError: no",
                  "docs/models.md", "zoo/models.py"):  # fmt: skip
        assert place in told
    assert "explain `width`" not in told and "3 channels" not in told


def test_what_a_half_finished_model_lacks_is_named(own_models):
    @zoo.register("StridedCNN")
    def strided_half():
        return {"filters": (4,)}

    told = "\n".join(missing_of_model("strided_half"))
    assert "edgezoo.inspection.catalog" in told and "benchmarks/render.py" in told and "a docstring" in told


@pytest.mark.parametrize("family", [zoo.PooledCNN, zoo.StridedCNN, zoo.GlobalPoolCNN])
def test_an_unknown_option_is_refused_as_python_does(family):
    with pytest.raises(TypeError, match=rf"^{family.__name__}\(\) got an unexpected keyword argument 'pading'$"):
        family(pading="same")
