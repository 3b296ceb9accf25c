"""The harness on the smallest networks of two makers."""

import csv
import gzip
import json
import shutil

import measure_zoo
import numpy as np
import pytest
import scipy.stats
from contenders import ZOO_TRAINED, Contender, produce, publish, published
from devices import ethos_u_cycles, tflm_arena_bytes

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import load_runner
from edgezoo.inspection import describe
from edgezoo.train import Recipe
from edgezoo.zoo import build


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """A network that was trained for one epoch."""
    folder = tmp_path_factory.mktemp("trained")
    contender = Contender(folder, "feedforward_s")
    recipe = Recipe(epochs=1, precision="float32")
    produce(contender, lambda: build("feedforward_s", input_shape=digits.input_shape), digits, recipe)
    return contender


@pytest.fixture(scope="module")
def int8(trained):
    return trained.exported("int8")


def test_the_arena_holds_the_activations_and_more(int8):
    peak = describe(int8).peak_activation_bytes
    assert peak <= tflm_arena_bytes(int8) < peak + 20_000


def test_cycles_are_at_least_what_the_multipliers_need(int8):
    """An Ethos-U55-128 does 128 multiplications a cycle, and an U55-32 takes longer."""
    assert describe(int8).macs / 128 < ethos_u_cycles(int8) < ethos_u_cycles(int8, "ethos-u55-32")


def test_what_a_device_refuses_is_an_error_and_a_blank(int8, tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(int8.read_bytes()[:2000])
    float32 = int8.with_name("feedforward_s_float32.tflite")
    for measure, path in ((tflm_arena_bytes, broken), (ethos_u_cycles, broken), (ethos_u_cycles, float32)):
        with pytest.raises(EdgezooError, match=path.name):
            measure(path)
        assert measure_zoo.or_blank(measure, path) is None


def test_one_row_for_each_network(trained, digits, monkeypatch, tmp_path):
    other_seeds = [0.97, 0.99]
    zoo_folder, peers_folder = tmp_path / "zoo", tmp_path / "peers"
    shutil.copytree(ZOO_TRAINED / "digits", zoo_folder / "digits")
    record = published(ZOO_TRAINED)["digits"]["strided_xs"]
    for kind in ("float", "int8"):
        record[kind]["top1_by_seed"] |= dict(zip(("8", "9"), other_seeds, strict=True))
    (zoo_folder / "index.json").write_text(json.dumps({"digits": {"strided_xs": record}}))
    publish([trained], digits, peers_folder)
    monkeypatch.setattr(measure_zoo, "MAKERS", {"edgezoo": zoo_folder, "peer": peers_folder})
    monkeypatch.setattr(measure_zoo, "RESULTS", tmp_path)
    measured = tmp_path / "measured"
    measure_zoo.main.main(["--data", "digits", "--output", str(measured)], standalone_mode=False)
    document = json.loads((tmp_path / "zoo.json").read_text())
    zoo, peer = document["rows"]
    assert (zoo["maker"], zoo["name"], zoo["seeds"]) == ("edgezoo", "strided_xs", 3)
    assert (peer["maker"], peer["name"], peer["seeds"]) == ("peer", "feedforward_s", 1)
    assert (zoo["epochs"], peer["epochs"]) == (record["recipe"]["epochs"], 1)

    files = {sha256(path): path for path in measured.rglob("*_int8.tflite")}
    pixels = np.concatenate([images for images, _ in digits.test.batches(500)])
    top1 = {
        row["sha256"]: np.mean(load_runner(files[row["sha256"]]).predict(pixels).argmax(axis=1) == digits.test.labels)
        for row in (zoo, peer)
    }
    of_seeds = [top1[zoo["sha256"]], *other_seeds]
    assert zoo["int8_top1"] == pytest.approx(np.mean(of_seeds))
    half = scipy.stats.t.ppf(0.975, 2) * np.std(of_seeds, ddof=1) / np.sqrt(3)
    assert (zoo["int8_low"], zoo["int8_high"]) == pytest.approx((np.mean(of_seeds) - half, np.mean(of_seeds) + half))
    assert peer["int8_top1"] == pytest.approx(top1[peer["sha256"]])
    (only,) = (row for row in document["evaluated"] if "feedforward_s_int8" in row["file"])
    assert [peer["int8_low"], peer["int8_high"]] == only["top1_ci95"]
    for row in (zoo, peer):
        assert row["flash_bytes"] == files[row["sha256"]].stat().st_size
        assert row["p50_ms_1_thread"] > 0 and row["p50_ms_2_threads"] > 0
        assert row["training_seconds"] >= 0
    cells = list(csv.DictReader((tmp_path / "zoo.csv").open()))
    assert [cell["name"] for cell in cells] == ["strided_xs", "feedforward_s"]
    assert [int(cell["macs"]) for cell in cells] == [zoo["macs"], peer["macs"]]


def test_on_a_busy_machine_nothing_is_timed(trained, digits, int8):
    """What is not known of a training is blank; official test images are those of the index."""
    none, official = {"float": [], "int8": []}, {"n": 50, "top1": 0.5}
    entrant = measure_zoo.Entrant("peer", "feedforward_s", trained.keras, int8, 1, None, None, none, official)
    document = measure_zoo.measure([entrant], digits, latency=False)
    (row,) = document["rows"]
    assert document["timed"] == [] and document["protocol"] is None
    assert [row[key] for key in ("p50_ms_1_thread", "training_seconds", "val_accuracy")] == [None] * 3
    assert (row["official_n"], row["official_int8_top1"]) == (50, 0.5)
    assert row["gzip_bytes"] == len(gzip.compress(int8.read_bytes(), 9, mtime=0))
    assert row["ethos_u55_128_cycles"] == ethos_u_cycles(int8)


def test_nothing_to_measure_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(measure_zoo, "MAKERS", {"edgezoo": tmp_path})
    with pytest.raises(EdgezooError, match=r"no trained models are published .*run benchmarks/train_zoo.py first"):
        measure_zoo.main.main([], standalone_mode=False)
