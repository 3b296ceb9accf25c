import json

import numpy as np
import pytest
from PIL import Image

from edgezoo.cli import main
from edgezoo.datasets import describe_dataset, load_dataset
from edgezoo.datasets.repeats import near


@pytest.fixture
def folder(tmp_path):
    """train/, val/ and test/ of four noisy pictures a class, all different."""
    rng = np.random.default_rng(0)
    for part in ("train", "val", "test"):
        for name in ("a", "b"):
            (tmp_path / "d" / part / name).mkdir(parents=True)
            for i in range(4):
                coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
                coarse.resize((48, 48)).save(tmp_path / "d" / part / name / f"{i}.png")
    return tmp_path / "d"


def test_nothing_is_said_where_all_differ(folder, capfd):
    dataset = load_dataset(folder)
    assert dataset.source["identical"] == []
    assert near(dataset) == []
    assert "identical" not in capfd.readouterr().err


def test_identical_pictures_are_found_counted_and_named(folder, capfd):
    picture = Image.open(folder / "train" / "a" / "1.png")
    picture.save(folder / "test" / "a" / "copy.bmp")  # the same pixels in another format, under another name
    picture.save(folder / "test" / "b" / "wrong class.png", compress_level=0)
    Image.open(folder / "val" / "b" / "2.png").save(folder / "test" / "b" / "other.tif")
    dataset = load_dataset(folder)
    assert dataset.source["identical"] == [
        {
            "splits": ["train", "test"],
            "images": 2,
            "examples": [
                ["train/a/1.png", "test/a/copy.bmp"],
                ["train/a/1.png", "test/b/wrong class.png"],
            ],
        },
        {"splits": ["validation", "test"], "images": 1, "examples": [["val/b/2.png", "test/b/other.tif"]]},
    ]
    told = capfd.readouterr().err
    assert "2 images of test are identical to one of train (test/a/copy.bmp and train/a/1.png, " in told
    assert "1 image of test is identical to one of validation (test/b/other.tif and val/b/2.png)" in told


def test_many_are_counted_and_some_named(folder):
    for i in range(30):
        Image.open(folder / "train" / "a" / "0.png").save(folder / "test" / "a" / f"copy {i}.png")
    (row,) = load_dataset(folder).source["identical"]
    assert row["images"] == 30
    assert len(row["examples"]) == 20


def test_arrays_are_named_by_their_keys(tmp_path, capfd):
    images = np.random.default_rng(0).integers(0, 256, (20, 6, 5, 3), np.uint8)
    labels = np.arange(20) % 2
    test = np.stack([images[7] ^ 1, images[3], images[18]])
    np.savez(tmp_path / "d.npz", X_train=images, y_train=labels, x_test=test, y_test=[1, 1, 0])
    dataset = load_dataset(tmp_path / "d.npz")
    found = {tuple(pair) for row in dataset.source["identical"] for pair in row["examples"]}
    assert found == {("X_train[3]", "x_test[1]"), ("X_train[18]", "x_test[2]")}
    assert "X_train[3]" in capfd.readouterr().err


def test_near_ones_are_found_on_request(folder, tmp_path, capsys):
    picture = Image.open(folder / "train" / "b" / "3.png")
    picture.convert("RGB").save(folder / "test" / "b" / "smaller.jpg", quality=60)
    picture.resize((40, 44)).point(lambda value: min(255, value + 10)).save(folder / "val" / "a" / "brighter.png")
    dataset = load_dataset(folder)
    assert dataset.source["identical"] == []
    examples = {tuple(row["splits"]): row["examples"] for row in near(dataset)}
    assert examples == {
        ("train", "validation"): [["train/b/3.png", "val/a/brighter.png"]],
        ("train", "test"): [["train/b/3.png", "test/b/smaller.jpg"]],
        ("validation", "test"): [["val/a/brighter.png", "test/b/smaller.jpg"]],
    }
    sheet = str(tmp_path / "sheet.png")
    main(["datasets", str(folder), "-o", sheet, "--json", "--near"], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    assert len(document["near"]) == 3
    main(["datasets", str(folder), "-o", sheet, "--json"], standalone_mode=False)
    assert "near" not in json.loads(capsys.readouterr().out)
    main(["datasets", str(folder), "-o", sheet, "--near"], standalone_mode=False)
    assert "1 image of test is near to one of train" in " ".join(capsys.readouterr().out.split())


def test_what_is_flat_is_alike_only_in_the_same_brightness(tmp_path):
    images = np.empty((8, 12, 12), np.uint8)
    images[:] = np.arange(8)[:, None, None] * 32
    labels = np.arange(8) % 2
    test = np.full((2, 12, 12), 250, np.uint8)
    np.savez(tmp_path / "d.npz", x_train=images, y_train=labels, x_test=test, y_test=[0, 1], x_val=test, y_val=[0, 1])
    assert [row["splits"] for row in near(load_dataset(tmp_path / "d.npz"))] == []


def test_of_more_channels_the_mean_is_compared(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 4), np.uint8)
    labels = np.arange(20) % 2
    np.savez(tmp_path / "d.npz", x_train=images, y_train=labels, x_test=images[:4] ^ 1, y_test=labels[:4])
    assert {row["images"] for row in near(load_dataset(tmp_path / "d.npz")) if row["splits"][1] == "test"}


def test_published_data_sets_are_looked_through_when_described():
    """Counted here by bytes: of the 1,797 digits no two are alike."""
    dataset = load_dataset("digits", image_size=8)
    assert "identical" not in dataset.source
    read = [image.tobytes() for split in dataset.splits.values() for image in split.read(np.arange(len(split)))]
    assert len(set(read)) == len(read)
    assert describe_dataset(dataset)["identical"] == []
