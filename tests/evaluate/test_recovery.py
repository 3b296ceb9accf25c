"""export --recover: a damaged network is brought back, and what is told of it is true."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import latency, recovery
from edgezoo.evaluate.recovery import recover_model
from edgezoo.inspection import read_graph
from edgezoo.runtime import load_runner

from ..schemas import assert_valid


@pytest.fixture
def lent(monkeypatch):
    """A function that makes a data set the one that ``--data`` stands for."""

    def lend(dataset):
        monkeypatch.setattr(recovery, "load_as_trained", lambda model, path, data, **options: dataset)

    return lend


def test_a_damaged_depthwise_network_comes_back(uneven, lent, tmp_path, monkeypatch):
    split = uneven.dataset.validation.take(1500)
    lent(dataclasses.replace(uneven.dataset, validation=split))
    monkeypatch.setattr(latency, "WARM_UP_SECONDS", 0)
    images = split.read(np.arange(len(split)))

    def top1(runner):
        return np.mean(runner.predict(images).argmax(-1) == split.labels)

    words = ["export", uneven.keras, "-o", tmp_path, "--data", "fashion_mnist", "--recover", "0.2", "--json"]
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    found, path = document["recovery"], tmp_path / "uneven_mixed.tflite"

    damaged, whole = top1(load_runner(uneven.int8)), top1(load_runner(uneven.keras))
    assert found["float"]["top1"] == pytest.approx(whole, abs=1e-3) and found["steps"][0]["top1"] == damaged
    assert damaged < whole - 0.01
    assert top1(load_runner(str(path))) == found["top1"] >= whole - 0.002

    # What was lifted is in floats, and in the manifest, from which the same file can be made again.
    (entry,) = document["models"]
    assert_valid(
        {key: value for key, value in document.items() if key not in ("folder", "recovery")}, "export", "manifest"
    )
    assert entry["layers"] == {"precision": "int8", "chosen": dict.fromkeys(found["lifted"], "float32")}
    graph = read_graph(path)
    floats = {graph.name_of(each) for each in graph.operators if graph.tensors[each.outputs[0]].dtype == "float32"}
    assert found["lifted"] and all(any(f"{layer}/" in name.split(";") for name in floats) for layer in found["lifted"])
    assert 0 < found["steps"][-1]["size_bytes"] < found["float"]["size_bytes"]
    assert all(step["p50_ms"] > 0 for step in found["steps"])
    with open(tmp_path / "recovery.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [float(row["top1"]) for row in rows] == [found["float"]["top1"], *(step["top1"] for step in found["steps"])]


def test_an_int8_file_that_is_good_enough_stays_as_it_is(zoo, dataset, lent, tmp_path):
    lent(dataset)
    bundle, document = recover_model(zoo.keras, tmp_path, 50, data="bars")
    assert [path.name for path in bundle.paths] == ["bars_int8.tflite"] and document["lifted"] == []
    assert [step["layer"] for step in document["steps"]] == [None]
    assert bundle.manifest["models"][0]["recovery"]["points"] == 50


def test_what_cannot_be_had_is_said(zoo, dataset, lent, tmp_path, monkeypatch):
    """No file is better than itself by a point."""
    lent(dataset)
    real = recovery.evaluate_files

    def evaluate(paths, *arguments, **options):
        document = real(paths, *arguments, **options)
        for result in document["results"]:
            if not result["file"].endswith("float32.tflite"):
                result["top1"] = 0.5
        return document

    monkeypatch.setattr(recovery, "evaluate_files", evaluate)
    with pytest.raises(EdgezooError, match=r"no mixture .* within 0\.1 points of float: with \d layers lifted"):
        recover_model(zoo.keras, tmp_path, 0.1, data="bars")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--recover needs images"),
        (("--data", "bars", "--target", "coral"), "--recover is not for --target"),
        (("--data", "bars", "--quantize", "float16"), "--recover is not for other formats than int8"),
        (("--data", "bars", "--layer", "a=int8"), "--recover is not for --layer"),
        (("--data", "bars", "--calibration-sweep"), "--recover is not for --calibration-sweep"),
    ],
)
def test_options_that_do_not_go_with_it(zoo, words, message, tmp_path):
    result = CliRunner().invoke(main, ["export", zoo.keras, "-o", str(tmp_path), "--recover", "0.1", *words])
    assert result.exit_code == 2 and message in " ".join(result.output.split())
