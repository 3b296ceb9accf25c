import json
import warnings

import numpy as np
import pytest
from PIL import Image

from edgezoo.datasets import contact_sheet, describe_dataset, load_dataset
from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource


def dataset_of(names, colours, n=12, shape=(8, 8, 3)):
    """``n`` images a class, filled with its colour."""
    labels = np.repeat(np.arange(len(names)), n)
    images = np.broadcast_to(np.array(colours, np.uint8)[labels][:, None, None], (len(labels), *shape)).copy()
    split = Split(ArraySource(images), labels)
    return Dataset("toy", tuple(names), shape, split, split, split, {"kind": "toy"})


def test_description(flowers):
    document = describe_dataset(load_dataset(flowers))
    assert list(document["counts"]) == ["train", "validation", "test"]
    assert all(counts[name] > 0 for counts in document["counts"].values() for name in ("daisy", "tulip"))
    assert [sum(counts[name] for counts in document["counts"].values()) for name in ("daisy", "tulip")] == [10, 10]
    assert document["identical"] == []
    assert document["classes"] == ["daisy", "tulip"]
    assert document["input_shape"] == [8, 8, 1]
    assert document["source"]["sizes"] == {"distinct": 1, "smallest": [8, 8], "largest": [8, 8]}
    assert json.loads(json.dumps(document)) == document


def test_the_imbalance_is_that_of_the_largest_and_the_smallest_class():
    labels = np.repeat([0, 1, 2], [4, 10, 7])
    split = Split(ArraySource(np.zeros((len(labels), 4, 4, 1), np.uint8)), labels)
    toy = Dataset("toy", ("a", "b", "c", "without images"), (4, 4, 1), split, split, split, {"sizes": {}})
    assert describe_dataset(toy)["imbalance"] == {
        "ratio": 2.5,
        "largest": {"class": "b", "images": 10},
        "smallest": {"class": "a", "images": 4},
    }


def test_rows_are_classes(tmp_path):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    contact_sheet(dataset_of(("r", "g", "b"), colours), tmp_path / "sheet.png")
    pixels = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB")).reshape(-1, 3)
    heights = []
    for colour in colours:
        found = np.flatnonzero((pixels == colour).all(1))
        assert len(found) == pytest.approx(8 * 64 * 64, rel=0.05)
        heights.append(found.mean())
    assert heights == sorted(heights)


def test_few_images_leave_the_rest_of_the_row_white(tmp_path):
    contact_sheet(dataset_of(("r", "g"), [(255, 0, 0), (0, 255, 0)], n=3), tmp_path / "sheet.png")
    pixels = np.asarray(Image.open(tmp_path / "sheet.png").convert("RGB")).reshape(-1, 3)
    assert (pixels == (255, 0, 0)).all(1).sum() == pytest.approx(3 * 64 * 64, rel=0.05)


@pytest.mark.parametrize("shape", [(8, 8, 1), (20, 10, 4), (4, 300, 3)])
def test_any_shape(tmp_path, shape):
    contact_sheet(dataset_of(("a", "b"), np.zeros((2, shape[2])), shape=shape), tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").format == "PNG"


def test_names_are_text_in_any_script(tmp_path):
    names = ("$x_{1}$", "été", "кошка", "猫", "<b>&", "100 %")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        contact_sheet(dataset_of(names, np.zeros((6, 3))), tmp_path / "sheet.png")
    contact_sheet(dataset_of(["x"] * 6, np.zeros((6, 3))), tmp_path / "plain.png")
    assert Image.open(tmp_path / "sheet.png").width > Image.open(tmp_path / "plain.png").width


def test_letters_that_no_font_has_are_named(tmp_path, capfd):
    contact_sheet(dataset_of(("a", "\U0010fffd"), np.zeros((2, 3))), tmp_path / "sheet.png")
    assert "no installed font has \U0010fffd" in capfd.readouterr().err


def test_a_hundred_rows_at_most(tmp_path):
    names = [f"class {i}" for i in range(300)]
    contact_sheet(dataset_of(names, np.zeros((300, 3)), n=2), tmp_path / "sheet.png")
    assert 6_800 <= Image.open(tmp_path / "sheet.png").height < 7_200


def test_a_failure_leaves_no_file(tmp_path):
    broken = dataset_of(("a", "b"), np.zeros((2, 3)))
    object.__setattr__(broken, "train", Split(None, [0, 1]))
    with pytest.raises(AttributeError):
        contact_sheet(broken, tmp_path / "sheet.png")
    assert list(tmp_path.iterdir()) == []
