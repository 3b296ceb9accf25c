"""Files are evaluated on pictures that get their size as in the training, whichever way that was."""

import dataclasses
import sys

import numpy as np
import pytest

from edgezoo.common.fit import Fit
from edgezoo.datasets.dataset import Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.evaluate import evaluate_files
from edgezoo.export.fits import with_fit


@pytest.fixture(scope="module")
def wide(dataset):
    """The data set's images in the middle of noise, three times as wide."""
    images = dataset.train.read(np.arange(len(dataset.train)))
    noise = np.random.default_rng(0).integers(0, 256, (len(images), 12, 36, 1), np.uint8)
    noise[:, :, 12:24] = images
    split = Split(ArraySource(noise), dataset.train.labels)
    return dataclasses.replace(dataset, input_shape=(12, 36, 1), train=split, validation=split, test=split)


@pytest.fixture(scope="module")
def cropping(zoo, tmp_path_factory):
    """The same network as ``zoo.bars_float32``, whose file says that it takes the middle."""
    path = tmp_path_factory.mktemp("cropping") / "bars.tflite"
    with open(zoo.bars_float32, "rb") as file:
        path.write_bytes(with_fit(file.read(), Fit("crop")))
    return str(path)


@pytest.mark.parametrize("settings", ["", "?python={}&folder={}"], ids=["here", "on a device"])
def test_each_file_gets_the_images_as_it_was_trained(zoo, dataset, wide, cropping, settings, tmp_path):
    """Both in one call: a device must not be given the images of the other one."""
    device = "local" + settings.format(sys.executable, tmp_path / "jobs")
    results = evaluate_files([zoo.bars_float32, cropping], wide, limit=60, devices=[device])["results"]
    (alone,) = evaluate_files([zoo.bars_float32], dataset, limit=60)["results"]
    assert [row["fit"] for row in results] == [{"kind": "squash"}, {"kind": "crop"}]
    assert results[1]["top1"] == alone["top1"] > 0.8 > results[0]["top1"]


def test_a_fit_asked_for_is_taken_and_told(zoo, wide, cropping, capsys):
    row, other = evaluate_files([cropping, zoo.keras], wide, limit=60, fit=Fit("pad", (90,)))["results"]
    assert row["fit"] == other["fit"] == {"kind": "pad", "border": [90]}
    said = [line for line in capsys.readouterr().err.splitlines() if "--fit" in line]
    assert len(said) == 1 and "pictures are cropped to its size; with --fit pad they are padded" in said[0]


def test_of_a_file_that_does_not_tell_the_data_set_does(zoo, wide):
    (row,) = evaluate_files([zoo.keras], wide.fitted(Fit("crop")), limit=60)["results"]
    assert row["fit"] == {"kind": "crop"} and row["top1"] > 0.8
