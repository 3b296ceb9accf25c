"""export --calibration-sweep: what is tried, what is chosen by which images, and what comes out."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from edgezoo.cli import main
from edgezoo.datasets.dataset import Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.evaluate import calibration_sweep, evaluate_files
from edgezoo.evaluate.calibration_sweep import best_of, summary
from edgezoo.export.estimators import ESTIMATORS


class Unread:
    """Images that nobody may look at."""

    shape = (12, 12, 1)

    def __len__(self):
        return 300

    def __getattr__(self, name):
        raise AssertionError("the test split was read")


@pytest.fixture
def split(dataset, monkeypatch):
    """A data set in three parts, that ``--data`` stands for, and fewer ways to try."""
    images, labels = dataset.train.read(np.arange(300)), dataset.train.labels
    parts = [Split(ArraySource(images[rows]), labels[rows]) for rows in (slice(0, 100), slice(100, 300))]
    whole = dataclasses.replace(dataset, train=parts[0], validation=parts[1], test=Unread())
    monkeypatch.setattr(calibration_sweep, "load_as_trained", lambda model, path, data, **options: whole)
    monkeypatch.setattr(calibration_sweep, "SIZES", (4, 200))
    monkeypatch.setattr(calibration_sweep, "SEEDS", (1,))
    return whole


def export(*arguments):
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def test_the_best_on_validation_images_is_exported(zoo, split, tmp_path):
    result = export(zoo.keras, "-o", tmp_path, "--data", "bars", "--calibration-sweep", "--json")
    document = json.loads(result.stdout)
    sweep = document["calibration_sweep"]
    tried = [(row["estimator"], row["images"], row["seed"]) for row in sweep["rows"]]
    assert tried == [(e, n, s) for e in ("converter", *ESTIMATORS) for n in (4, 100) for s in (1,)]
    assert (sweep["split"], sweep["n"]) == ("validation", 200)
    best = sweep["best"]
    (row,) = evaluate_files([tmp_path / "bars_int8.tflite"], split, split="validation")["results"]
    assert row["top1"] == best["top1"] == best_of(sweep["rows"])["top1"]

    (entry,) = document["models"]
    record = entry["calibration"]
    assert (record["seed"], len(record["indices"])) == (best["seed"], best["images"])
    assert record.get("estimator", "converter") == best["estimator"]
    with (tmp_path / "calibration_sweep.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [float(each["top1"]) for each in table] == [each["top1"] for each in sweep["rows"]]
    assert Image.open(tmp_path / "calibration_sweep.png").size[0] > 1000
    assert [path.name for path in tmp_path.glob(".tmp*")] == []


def rows(*means):
    """Of estimators ``a`` and ``b`` with 10 and 30 images each, two draws around each mean."""
    ways = [(estimator, images, seed) for estimator in "ab" for images in (10, 30) for seed in (0, 1)]
    scores = [mean + change for mean in means for change in (0.1, -0.1)]
    return [
        {"estimator": estimator, "images": images, "seed": seed, "top1": top1}
        for (estimator, images, seed), top1 in zip(ways, scores, strict=True)
    ]


@pytest.mark.parametrize(
    ("means", "chosen"),
    [
        ((0.5, 0.5, 0.5, 0.5), ("a", 10, 0)),
        ((0.5, 0.5, 0.6, 0.5), ("b", 10, 0)),
        ((0.5, 0.6, 0.6, 0.5), ("b", 10, 0)),  # fewer images before the earlier estimator
        ((0.5, 0.6, 0.5, 0.6), ("a", 30, 0)),
    ],
)
def test_the_highest_mean_is_best_and_the_simpler_one_of_equals(means, chosen):
    best = best_of(rows(*means))
    assert (best["estimator"], best["images"], best["seed"]) == chosen


def test_a_table_has_means_and_extremes():
    assert summary(rows(0.5, 0.6, 0.7, 0.8))[0] == ("a", "50.00 (40.00 to 60.00)", "60.00 (50.00 to 70.00)")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--data", "bars", "--quantize", "float16"], "give --quantize int8"),
        (["--data", "bars", "--quantize", "int8", "--quantize", "int16x8"], "give --quantize int8"),
        (["--data", "bars", "--estimator", "mse"], "not for --estimator"),
        (["--data", "bars", "--target", "coral"], "not for --target"),
        ([], "training images are needed to calibrate with"),
    ],
)
def test_where_there_is_nothing_to_sweep_it_is_said(zoo, split, tmp_path, options, why):
    result = export(zoo.keras, "-o", tmp_path / "out", "--calibration-sweep", *options)
    assert result.exit_code in (1, 2)
    assert why in (result.output + str(result.exception))
    assert not (tmp_path / "out").exists()
