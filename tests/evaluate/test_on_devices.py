"""Devices as rows of documents; ``local?folder=…`` is a device like those behind an SSH server, without the server."""

import json
import sys

import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import benchmark_files, evaluate_files, tabulate

from ..schemas import assert_valid


@pytest.fixture
def device(tmp_path):
    return f"local?python={sys.executable}&folder={tmp_path}/jobs"


@pytest.fixture
def gone(tmp_path):
    return "local?python=/nowhere/python3"


def test_a_device_answers_as_this_machine_does(zoo, dataset, device):
    document = evaluate_files([zoo.bars_int8, zoo.bars_float32], dataset, limit=100, devices=["local", device])
    assert_valid(document, "evaluate", "results")
    here, there = document["results"][:2], document["results"][2:]
    assert [row["file"] for row in there] == [zoo.bars_int8, zoo.bars_float32]
    for a, b in zip(here, there, strict=True):
        assert a | {"device": b["device"]} == b
    (pair,) = [each for each in document["pairs"] if each["a"] == each["b"] == zoo.bars_int8]
    assert pair["agreement"] == 1.0 and pair["a_device"] == "local"
    assert document["devices"][0]["cores"] >= 1
    assert "device" in tabulate(document, "accuracy")[0]


def test_a_device_is_timed_by_the_same_rules(zoo, device):
    documents = [
        benchmark_files([zoo.bars_int8], threads=(1, 2), min_runs=20, min_seconds=0.0, devices=[place])
        for place in ("local", device)
    ]
    for document in documents:
        assert_valid(document, "evaluate", "results")
    here, there = documents
    assert there["protocol"] == here["protocol"]
    assert [(row["threads"], row["runs"]) for row in there["results"]] == [(1, 20), (2, 20)]
    # Whatever has no time in it is the same, and in the same order of keys.
    assert [sorted(row) for row in there["results"]] == [sorted(row) for row in here["results"]]
    assert [row["delegated"] for row in there["results"]] == [row["delegated"] for row in here["results"]]
    assert "devices" not in here and "device" not in tabulate(here, "latency")[0]


def test_a_device_that_is_gone_takes_nothing_of_the_others_with_it(zoo, dataset, gone):
    document = evaluate_files([zoo.bars_int8], dataset, limit=20, devices=["local", gone])
    assert len(document["results"]) == 1 and document["devices"] == []
    assert "there is no such Python" in document["failure"]
    with pytest.raises(EdgezooError, match="there is no such Python"):
        benchmark_files([zoo.bars_int8], devices=[gone])


def test_the_command_line(zoo, device, gone):
    result = CliRunner().invoke(main, ["benchmark", zoo.bars_int8, "--device", device, "--device", gone, "--json"])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: local?python=/nowhere/python3: there is no such Python; ")
    document = json.loads(result.stdout)
    assert "failure" not in document and len(document["results"]) == 1

    for text, says in (("shh://pi", "did you mean 'ssh'"), ("ssh://", "of the form")):
        result = CliRunner().invoke(main, ["evaluate", zoo.bars_int8, "--data", "x", "--device", text])
        assert result.exit_code == 2 and says in " ".join(result.stderr.split())


def test_what_devices_cannot_run_is_said_first(zoo, device):
    with pytest.raises(EdgezooError, match=r"bars\.keras is a \.keras file, and devices run \.tflite files"):
        benchmark_files([zoo.keras], devices=[device])
    with pytest.raises(EdgezooError, match="--runtime is for this machine"):
        benchmark_files([zoo.bars_int8], devices=[device], runtimes=["tflm"])
    with pytest.raises(EdgezooError, match=r"bars_int8\.tflite on local: the delegate libnone\.so cannot be loaded"):
        benchmark_files([zoo.bars_int8], delegate="libnone.so")
