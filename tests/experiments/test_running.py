"""Every experiment's quick form from end to end, and what an interrupted one does."""

import csv
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError, UnknownName
from edgezoo.common.files import sha256
from edgezoo.experiments import EXPERIMENTS, run_experiment
from edgezoo.zoo import load_model

NAMES = tuple(EXPERIMENTS)


def test_listing_them_imports_nothing_heavy():
    code = (
        "import sys, edgezoo.experiments as e; e.experiments();"
        "print([m for m in ('tensorflow', 'keras', 'matplotlib', 'pandas', 'sklearn') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_the_four_files(name, done):
    folder, document = done(name).folder, done(name).document
    assert json.loads((folder / "results.json").read_text("utf-8")) == document
    with (folder / "results.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in document["rows"]
    ] == table
    summary = (folder / "summary.md").read_text("utf-8")
    assert summary == document["summary"] + "\n" and summary.count("\n") == 1
    assert summary.startswith("Quick form")
    with Image.open(folder / "plot.png") as picture:
        assert min(picture.size) > 500 and len(picture.convert("RGB").getcolors(1 << 24)) > 20


@pytest.mark.parametrize("name", NAMES)
def test_the_record_is_whole(name, done, dataset):
    document = done(name).document
    assert (document["experiment"], document["quick"], document["seed"]) == (name, True, 0)
    assert document["dataset"]["name"] == "digits"
    assert document["dataset"]["images"]["test"] == len(dataset.test)
    assert document["recipe"]["epochs"] == 2 and document["environment"]["packages"]["tensorflow"]
    assert document["command"]


@pytest.mark.parametrize("name", NAMES)
def test_figures_of_the_paragraph_are_those_of_the_rows(name, done):
    document = done(name).document
    known = {
        tuple(f"{100 * row[f'{key}{end}']:.1f}" for end in ("", "_low", "_high"))
        for row in document["rows"]
        for key in ("top1", "same")
        if key in row
    }
    told = set(re.findall(r"([\d.]+) % \(([\d.]+)–([\d.]+)\)", document["summary"]))
    assert told and told <= known


@pytest.mark.parametrize("name", NAMES)
def test_every_row_names_the_very_file(name, done):
    folder, document = done(name).folder, done(name).document
    for row in document["rows"]:
        assert sha256(folder / row["file"]) == row["sha256"]
        assert 0 <= row["top1_low"] <= row["top1"] <= row["top1_high"] <= 1


def answers(path, images):
    return load_model(path).predict(images.astype("float32"), verbose=0).argmax(axis=1)


def test_permuted_networks_are_measured_on_permuted_images(done, dataset):
    order = np.random.default_rng(0).permutation(256)
    images = dataset.test.read(np.arange(len(dataset.test)))
    moved = images.reshape(-1, 256)[:, order].reshape(images.shape)
    rows = done("permuted-pixels").document["rows"]
    assert len(rows) == 4
    for row in rows:
        seen = moved if row["images"] == "permuted" else images
        right = np.mean(answers(done("permuted-pixels").folder / row["file"], seen) == dataset.test.labels)
        assert row["top1"] == pytest.approx(right)
    counts = [row["params"] for row in rows]
    assert max(counts) < 1.05 * min(counts)


def test_every_family_has_every_size(done):
    rows = done("parameters").document["rows"]
    assert len({(row["network"], row["budget"]) for row in rows}) == len(rows) == 8
    for row in rows:
        assert abs(row["params"] - row["budget"]) < 0.1 * row["budget"]


def test_downsampling_is_compared_at_equal_multiplications(done):
    rows = done("downsampling").document["rows"]
    assert [row["network"] for row in rows] == ["max", "average", "min", "blur", "strided"]
    multiplications = [row["macs"] for row in rows]
    assert max(multiplications) < 1.05 * min(multiplications)
    for row in rows:
        assert row["drop"] == pytest.approx(row["top1"] - row["int8_top1"])
        assert 0 < row["p5_ms"] <= row["p50_ms"] <= row["p95_ms"]
        assert sha256(done("downsampling").folder / row["int8_file"]) == row["int8_sha256"]


def test_one_network_at_every_size_and_the_others_at_their_own(done):
    rows = done("input-size").document["rows"]
    assert [(row["network"], row["side"]) for row in rows] == [
        ("GlobalPoolCNN", 16),
        ("GlobalPoolCNN", 20),
        ("GlobalPoolCNN", 64),
        ("PooledCNN", 16),
        ("StridedCNN", 16),
    ]
    assert len({row["params"] for row in rows[:3]}) == 1
    assert rows[0]["macs"] < rows[1]["macs"] < rows[2]["macs"]
    assert [row["trained_at"] for row in rows] == ["11 to 24"] * 3 + ["16"] * 2
    for row in rows:
        assert (row["refusal"] is None) == (row["network"] == "GlobalPoolCNN")
        assert row["refusal"] is None or "not of size 20" in row["refusal"]


def test_shifted_networks_are_measured_on_shifted_images(done, dataset):
    rows = done("shift").document["rows"]
    assert [row["distance"] for row in rows] == [0, 1, 2] * 5
    assert all(row["same"] == 1 for row in rows if row["distance"] == 0)
    still, _, moved = (row for row in rows if row["network"] == "blur")
    images, labels = dataset.test.read(np.arange(len(dataset.test))), dataset.test.labels
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="edge")
    path = done("shift").folder / moved["file"]
    before = answers(path, images)
    # Moved down by two, the window lies two pixels higher in the padded image.
    after = [
        answers(path, padded[:, 2 - down : 18 - down, 2 - right : 18 - right])
        for down in (-2, 0, 2)
        for right in (-2, 0, 2)
        if (down, right) != (0, 0)
    ]
    assert still["top1"] == pytest.approx(np.mean(before == labels))
    assert moved["top1"] == pytest.approx(np.mean([each == labels for each in after]))
    assert moved["same"] == pytest.approx(np.mean([each == before for each in after]))


def test_deep_and_wide(done):
    rows = done("depth").document["rows"]
    assert [row["blocks"] for row in rows] == [1, 2]
    assert int(rows[0]["filters"].split("-")[0]) > int(rows[1]["filters"].split("-")[0])


def test_an_interrupted_experiment_goes_on(done, dataset, tmp_path, monkeypatch):
    """Stopped in its second training, it comes to the same results, and the first training is not done again."""
    from edgezoo.train import tuning

    fit, calls = tuning.fit, []

    def stops(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fit(*arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(tuning, "fit", stops)
        run_experiment("depth", dataset, tmp_path, quick=True)
    assert not (tmp_path / "results.json").exists() and not (tmp_path / "plot.png").exists()
    first = tmp_path / "runs" / "1_a_stage" / "model.keras"
    written = first.stat().st_mtime_ns
    document = run_experiment("depth", dataset, tmp_path, quick=True)
    assert first.stat().st_mtime_ns == written

    def results(rows):  # two .keras files of the same weights have other times of writing in them
        return [{key: value for key, value in row.items() if key != "sha256"} for row in rows]

    assert results(document["rows"]) == results(done("depth").document["rows"])


def test_another_seed_is_another_experiment(done, dataset, tmp_path):
    folder = done("depth").folder
    with pytest.raises(EdgezooError, match=r"another recipe: seed was 0 and is now 1"):
        run_experiment("depth", dataset, folder, quick=True, seed=1)


def test_what_cannot_be_run(dataset, tmp_path):
    with pytest.raises(UnknownName, match=r"unknown experiment 'parameter'; did you mean 'parameters'"):
        run_experiment("parameter", dataset, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgezooError, match="is a file; give a folder for the experiment"):
        run_experiment("depth", dataset, tmp_path / "file", quick=True)
    with pytest.raises(EdgezooError, match="seed must be a whole number"):
        run_experiment("depth", dataset, tmp_path, quick=True, seed=-1)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
