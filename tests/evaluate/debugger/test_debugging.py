"""``edgezoo evaluate --layers``, as it is called."""

import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import debug_files

from ...schemas import assert_valid


@pytest.fixture
def call(zoo, dataset, monkeypatch):
    """A function from the words behind ``evaluate`` to what ``CliRunner`` says; the data set is ``bars``."""
    monkeypatch.setattr("edgezoo.datasets.load_dataset", lambda name, **options: dataset)
    return lambda *words: CliRunner().invoke(main, ["evaluate", *map(str, words), "--data", "bars"])


def test_a_document_and_a_picture(zoo, call, tmp_path):
    shown = tmp_path / "layers.png"
    words = (zoo.bars_int8, "--against", zoo.keras, "--layers", "--limit", 20, "-o", shown)
    result = call(*words, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert_valid(document, "evaluate.debugger", "layers")
    assert document["dataset"] == {"name": "bars", "split": "validation", "images": 300, "used": 20}
    assert [layer["layer"] for layer in document["layers"]] == [
        *("conv2d", "average_pooling2d", "flatten", "dense", "output"),
    ]
    assert all(layer["error"]["sqnr_db"] > 10 for layer in document["layers"])
    assert len(document["worst"]) == 4  # flattening has no noise of its own
    picture = np.asarray(Image.open(shown).convert("L"))
    assert picture.shape[0] > 200 and picture.std() > 5

    table = call(*words, "--split", "train")
    assert "20 train images of bars" in table.output and "average_pooling2d" in table.output
    worst = document["layers"][document["worst"][0]]
    assert f"1. {worst['layer']} ({worst['op']}" in table.output


def test_several_files_against_a_float_file(zoo, call):
    files = (zoo.bars_int8, zoo.bars_int16x8)
    result = call(*files, "--against", zoo.bars_float32, "--layers", "--limit", 5, "--json")
    documents = json.loads(result.stdout)["files"]
    assert [each["file"] for each in documents] == [*files]
    for each in documents:
        assert_valid(each, "evaluate.debugger", "layers")


def test_without_layers_it_is_one_file_more(zoo, call):
    document = json.loads(call(zoo.bars_int8, "--against", zoo.bars_float32, "--limit", 9, "--json").stdout)
    assert [result["file"] for result in document["results"]] == [zoo.bars_int8, zoo.bars_float32]
    assert_valid(document, "evaluate", "results")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("{int8}", "--layers"), "--against model.keras"),
        (("{int8}", "--against", "{keras}", "-o", "a.png"), "-o is for --layers"),
        (("{int8}", "--against", "{keras}", "--layers", "--split", "test"), "test images choose nothing"),
        (("{int8}", "--against", "{keras}", "--layers", "--runtime", "tflm"), "it takes no runtime"),
        (("{int8}", "--against", "{keras}", "--layers", "-o", "a.txt"), "pictures are written as .png or .svg"),
        (("{keras}", "--against", "{keras}", "--layers"), "is no .tflite file"),
        (("{float32}", "--against", "{keras}", "--layers"), "nothing is quantized"),
        (("{int8}", "--against", "{int8}", "--layers"), "is quantized itself"),
        (("{int8}", "--against", "{open}", "--layers"), "was not made from"),
        (("{int8}", "--against", "missing.keras", "--layers"), "missing.keras does not exist"),
    ],
)
def test_what_cannot_be_compared_is_one_line(zoo, call, words, message):
    names = {"int8": zoo.bars_int8, "float32": zoo.bars_float32, "keras": zoo.keras, "open": zoo.open}
    result = call(*(word.format(**names) for word in words))
    assert result.exit_code in (1, 2) and message in " ".join(result.output.split()), result.output
    assert "Traceback" not in result.output


def test_a_network_of_other_weights_is_told_from_its_own(zoo, dataset, tmp_path):
    """By its weights, where nothing tells which network the file was made from."""
    import keras

    model = keras.models.clone_model(zoo.model)
    model.save(tmp_path / "bars.keras")
    with pytest.raises(EdgezooError, match=r"has other weights in .*inside\.tflite than in .*bars\.keras"):
        debug_files([zoo.inside], tmp_path / "bars.keras", dataset, limit=3)


def test_no_images(zoo, dataset):
    empty = dataclasses.replace(dataset, validation=dataset.validation.subset([]))
    with pytest.raises(EdgezooError, match="bars has no validation images"):
        debug_files([zoo.bars_int8], zoo.bars_float32, empty)
