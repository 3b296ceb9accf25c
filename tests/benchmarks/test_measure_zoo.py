"""The harness on two small networks of two makers, trained for an epoch."""

import csv
import json
import shutil

import measure_zoo
import numpy as np
import pytest
import scipy.stats
from contenders import Contender, produce
from devices import ethos_u_cycles, tflm_arena_bytes

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.train import Recipe
from edgezoo.zoo import build, describe


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder with ``zoo/digits/strided_xs`` of three seeds and ``peers/digits/feedforward_s`` of one."""
    root = tmp_path_factory.mktemp("build")
    digits = load_dataset("digits")
    for maker, name, seeds in (("zoo", "strided_xs", 3), ("peers", "feedforward_s", 1)):
        for seed in range(seeds):
            contender = Contender(root / maker / "digits" / name / f"seed{seed}", name)
            recipe = Recipe(epochs=1, precision="float32", seed=seed)
            produce(contender, lambda name=name: build(name, input_shape=digits.input_shape), digits, recipe)
    return root


@pytest.fixture(scope="module")
def int8(trained):
    return Contender(trained / "zoo/digits/strided_xs/seed0", "strided_xs").exported("int8")


def test_the_arena_holds_the_activations_and_more(int8):
    peak = describe(int8).peak_activation_bytes
    assert peak <= tflm_arena_bytes(int8) < peak + 20_000


def test_cycles_are_at_least_what_the_multipliers_need(int8):
    """An Ethos-U55-128 does 128 multiplications a cycle, and an U55-32 takes longer."""
    assert describe(int8).macs / 128 < ethos_u_cycles(int8) < ethos_u_cycles(int8, "ethos-u55-32")


def test_what_a_device_refuses_is_an_error_and_a_blank(int8, tmp_path):
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(int8.read_bytes()[:2000])
    float32 = int8.with_name("strided_xs_float32.tflite")
    for measure, path in ((tflm_arena_bytes, broken), (ethos_u_cycles, broken), (ethos_u_cycles, float32)):
        with pytest.raises(EdgezooError, match=path.name):
            measure(path)
        assert measure_zoo.or_blank(measure, path) is None


def test_one_row_for_each_network(trained, monkeypatch, tmp_path):
    monkeypatch.setattr(measure_zoo, "RESULTS", tmp_path)
    measure_zoo.main.main(
        ["--data", "digits", "--zoo", str(trained / "zoo"), "--peers", str(trained / "peers")], standalone_mode=False
    )
    document = json.loads((tmp_path / "zoo.json").read_text())
    zoo, peer = document["rows"]
    assert (zoo["maker"], zoo["name"], zoo["seeds"]) == ("edgezoo", "strided_xs", 3)
    assert (peer["maker"], peer["name"], peer["seeds"]) == ("peer", "feedforward_s", 1)

    top1 = [row["top1"] for row in document["evaluated"] if "strided_xs_int8" in row["file"]]
    assert zoo["int8_top1"] == pytest.approx(np.mean(top1))
    half = scipy.stats.t.ppf(0.975, 2) * np.std(top1, ddof=1) / np.sqrt(3)
    assert (zoo["int8_low"], zoo["int8_high"]) == pytest.approx((np.mean(top1) - half, np.mean(top1) + half))
    (only,) = (row for row in document["evaluated"] if "feedforward_s_int8" in row["file"])
    assert [peer["int8_low"], peer["int8_high"]] == only["top1_ci95"]

    files = {sha256(path): path for path in trained.rglob("*_int8.tflite")}
    for row in (zoo, peer):
        path = files[row["sha256"]]
        assert row["flash_bytes"] == path.stat().st_size
        assert row["p50_ms_1_thread"] > 0 and row["p50_ms_2_threads"] > 0
        assert row["epochs"] == 1 and row["training_seconds"] >= 0
    cells = list(csv.DictReader((tmp_path / "zoo.csv").open()))
    assert [cell["name"] for cell in cells] == ["strided_xs", "feedforward_s"]
    assert [int(cell["macs"]) for cell in cells] == [zoo["macs"], peer["macs"]]


def test_an_unfinished_training_is_left_out(trained, tmp_path):
    shutil.copytree(trained / "zoo", tmp_path / "zoo")
    (tmp_path / "zoo/digits/strided_xs/seed1/strided_xs.keras").unlink()
    found = measure_zoo.finished(tmp_path / "zoo/digits")
    assert {name: sorted(seeds) for name, seeds in found.items()} == {"strided_xs": [0, 2]}


def test_nothing_to_measure_is_one_line(tmp_path):
    with pytest.raises(EdgezooError, match=r"there is nothing under .*run benchmarks/train_zoo.py first"):
        measure_zoo.main.main(["--zoo", str(tmp_path)], standalone_mode=False)
