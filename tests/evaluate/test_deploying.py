"""Bundles on devices: what is put there, what the golden answers say, and bundles that are none."""

import csv
import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import deploying, evaluate_files, on_devices
from edgezoo.export.bundle import EXAMPLE_FILE, MANIFEST, compiled_files, entry, entry_of, publish
from edgezoo.export.pixels import pixels_of
from edgezoo.inspection.pixels import Pixels
from edgezoo.runtime.devices import answers_on

from ..conftest import CLASSES
from ..runtime.devices.conftest import address, client, sshd  # noqa: F401 (fixtures)
from ..schemas import assert_valid


@pytest.fixture(scope="module")
def made(zoo, served, tmp_path_factory):
    """A bundle of the files of ``bars.keras``, with golden answers."""
    folder, staging = tmp_path_factory.mktemp("bundle"), tmp_path_factory.mktemp("staging")
    for path in (zoo.bars_float32, zoo.bars_int8):
        (staging / Path(path).name).write_bytes(served(Path(path).read_bytes()))
    entries = [entry(staging / f"bars_{scheme}.tflite", scheme, None) for scheme in ("float32", "int8")]
    origin = {"file": "bars.keras", "sha256": sha256(zoo.keras), "name": "bars"}
    publish(staging, folder, origin, entries, CLASSES, pixels=Pixels())
    return folder


@pytest.fixture
def bundle(made, tmp_path):
    return Path(shutil.copytree(made, tmp_path / "bundle"))


@pytest.fixture
def data(dataset, tmp_path):
    path = tmp_path / "bars.npz"
    images, labels = dataset.test.read(np.arange(60)), dataset.test.labels[:60]
    arrays = {f"{end}_{split}": array for split in ("train", "test") for end, array in (("x", images), ("y", labels))}
    np.savez(path, **arrays, class_names=np.array(CLASSES))
    return str(path)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("edgezoo.evaluate.latency.WARM_UP_SECONDS", 0)
    monkeypatch.setattr("edgezoo.evaluate.latency.ROUNDS", 1)


def deploy(*arguments):
    return CliRunner().invoke(main, ["deploy", *map(str, arguments)])


def rewrite(bundle, change, name=MANIFEST):
    document = json.loads((bundle / name).read_text())
    change(document)
    (bundle / name).write_text(json.dumps(document))


def spoil(bundle):
    """Makes the golden answer of one picture another one, as if nothing had happened to the bundle."""

    def change(document):
        row = document["answers"][1]
        row["expected"][3] = row["expected"][3][1:] + row["expected"][3][:1]

    rewrite(bundle, change, "golden/golden.json")
    checksum = sha256(bundle / "golden" / "golden.json")
    rewrite(bundle, lambda manifest: manifest["files"].update({"golden/golden.json": checksum}))


def test_a_bundle_runs_here_and_says_what_was_not_checked(bundle):
    result = deploy(bundle, "--threads", "1,2", "--json")
    document = json.loads(result.stdout)
    assert_valid(document, "evaluate", "results")
    assert result.exit_code == 0 and len(document["results"]) == 4
    assert {row["device"] for row in document["results"]} == {"local"}
    assert all(row["self_test"] == {"images": 5, "passed": 5, "faults": []} for row in document["results"])
    told = deploy(bundle).stdout
    assert "5 of 5" in told and "Without --data only the golden pictures were checked" in told


def test_nothing_of_a_bundle_is_run_but_its_models(bundle, tmp_path):
    text = f"open({str(tmp_path / 'ran')!r}, 'w')\n{EXAMPLE_FILE.read_text()}"
    (bundle / "example.py").write_text(text)
    rewrite(bundle, lambda manifest: manifest["files"].update({"example.py": sha256(bundle / "example.py")}))
    assert deploy(bundle).exit_code == 0 and not (tmp_path / "ran").exists()


def test_other_answers_than_the_golden_ones_are_an_error_and_the_rows_stay(bundle):
    spoil(bundle)
    result = deploy(bundle, "--json")
    assert result.exit_code == 1 and len(result.stderr.strip().splitlines()) == 1
    assert "bars_int8.tflite on local gives other answers than the golden ones for 1 of 5 pictures: " in result.stderr
    tests = [row["self_test"] for row in json.loads(result.stdout)["results"]]
    assert [test["passed"] for test in tests] == [5, 4] and len(tests[1]["faults"]) == 1


def test_local_and_ssh_in_one_run_with_a_report(bundle, data, address, client, sshd, tmp_path):  # noqa: F811
    there, report = address(sshd.port), tmp_path / "report"
    result = deploy(bundle, "--device", "local", "--device", there, "--data", data, "--limit", 40, "-o", report)
    assert result.exit_code == 0, result.stderr
    assert sorted(path.name for path in report.iterdir()) == ["report.html", "results.csv", "results.json"]
    document = json.loads((report / "results.json").read_text())
    assert_valid(document, "evaluate", "results")
    name = document["devices"][0]["device"]
    assert name.startswith("ssh://") and document["devices"][0]["cores"] >= 1
    rows = list(csv.DictReader((report / "results.csv").open()))
    files = [str(bundle / f"bars_{scheme}.tflite") for scheme in ("float32", "int8")]
    assert [(row["device"], row["file"]) for row in rows] == [
        (place, file) for place in ("local", name) for file in files
    ]
    assert all(row["self_test"] == "5 of 5" and float(row["p50_ms"]) > 0 for row in rows)
    # Each device's figures are those of this machine's own LiteRT, which `evaluate` gives.
    assert [row["top1"] for row in rows[:2]] == [row["top1"] for row in rows[2:]]
    page = (report / "report.html").read_text()
    assert "self-test" in page and document["devices"][0]["cpu"] in page
    assert name in result.stdout and "Without --data" not in result.stdout


def test_a_device_that_disappears_is_gone_on_with(bundle, data, tmp_path, monkeypatch):
    asked = []

    def lost(place, setups, count, finished, advance):
        def finish(*found):
            finished(*found)
            if count > 5 and len(asked) == 2:
                raise EdgezooError("the board is gone.")

        asked.append((count, len(setups)))
        return answers_on(place, setups, count, finish, advance)

    monkeypatch.setattr(on_devices, "answers_on", lost)
    device, report = f"local?python={sys.executable}&folder={tmp_path}/jobs", tmp_path / "report"
    command = (bundle, "--device", "local", "--device", device, "--data", data, "--limit", 20, "-o", report)
    result = deploy(*command)
    assert (result.exit_code, result.stderr.strip().splitlines()[-1]) == (1, "Error: the board is gone.")
    assert len(json.loads((report / "results.json").read_text())["results"]) == 3
    result = deploy(*command)
    assert result.exit_code == 0, result.stderr
    # Golden pictures of both files, both files, and then the one that was missing alone.
    assert asked == [(5, 2), (20, 2), (20, 1)]
    assert len(json.loads((report / "results.json").read_text())["results"]) == 4
    assert not (report / "unfinished").exists()


def test_a_device_that_never_answers_leaves_the_others(bundle):
    result = deploy(bundle, "--device", "local", "--device", "local?python=/nowhere/python3", "--json")
    assert result.exit_code == 1 and "there is no such Python" in result.stderr
    assert result.stderr.count("Error: ") == 1 and len(json.loads(result.stdout)["results"]) == 2
    assert "there is no such Python" in deploy(bundle, "--device", "local?python=/nowhere/python3").stderr


def test_with_a_delegate_the_compiled_file_goes_there(bundle):
    """Its pixels and golden answers are those of the file that it was made of."""
    shutil.copy(bundle / "bars_int8.tflite", bundle / "bars_int8_edgetpu.tflite")
    with open(bundle / "bars_int8_edgetpu.tflite", "ab") as file:
        file.write(b"\0" * 8)

    def change(manifest):
        manifest["models"][1]["compiled"] = {"files": ["bars_int8_edgetpu.tflite"], "figures": {}}
        manifest["files"]["bars_int8_edgetpu.tflite"] = sha256(bundle / "bars_int8_edgetpu.tflite")

    rewrite(bundle, change)
    assert entry_of(bundle / "bars_int8_edgetpu.tflite")["file"] == "bars_int8.tflite"
    assert pixels_of(bundle / "bars_int8_edgetpu.tflite").is_raw
    result = deploy(bundle, "--delegate", "libnone.so")
    assert result.exit_code == 1 and "the delegate libnone.so cannot be loaded" in result.stderr
    names = [Path(file.path).name for file in deploying._files(str(bundle), ("local",), "libnone.so")]
    assert names == ["bars_float32.tflite", "bars_int8_edgetpu.tflite"]
    assert compiled_files({"compiled": {"files": ["a", 3]}}) == ["a"] and compiled_files({"compiled": [1]}) == []


def test_the_runtime_of_the_target_runs_it_here(bundle):
    pytest.importorskip("tflite_micro")
    (bundle / "bars_float32.tflite").unlink()

    def change(manifest):
        del manifest["models"][0], manifest["files"]["bars_float32.tflite"]
        manifest["target"] = {"name": "tflm"}

    rewrite(bundle, change)
    (row,) = json.loads(deploy(bundle, "--json").stdout)["results"]
    assert "tflite-micro" in row["runtime"] and row["self_test"]["passed"] == 5


def test_verify_has_a_row_for_each_file(bundle):
    result = deploy(bundle, "--verify", "--json")
    (document,) = json.loads(result.stdout)["bundles"]
    assert result.exit_code == 0 and all(check["ok"] for check in document["checks"])
    files = json.loads((bundle / MANIFEST).read_text())["files"]
    assert {check["file"] for check in document["checks"]} == {*files, MANIFEST}
    (bundle / "labels.txt").write_text("other\n")
    result = deploy(bundle, "--verify")
    assert result.exit_code == 1 and "wrong" in result.stdout
    assert result.stderr == f"Error: {bundle} is not as its manifest says: labels.txt was changed.\n"


def renamed(name):
    def change(manifest):
        manifest["models"][0]["file"] = name
        manifest["files"][name] = "0" * 64

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (renamed("../bars_int8.tflite"), "is no name of a file in it"),
        (renamed("/etc/passwd"), "is no name of a file in it"),
        (renamed("a\0b.tflite"), "is no name of a file in it"),
        (renamed("a" * 5000), "is no name of a file in it"),
        (renamed("\x1b[31m<b>\nError: all is well"), "is missing"),
        (renamed("link.tflite"), "is a link"),
        (lambda manifest: manifest["files"].pop("bars_int8.tflite"), "has none in the manifest"),
        (
            lambda manifest: manifest["models"][0].update(compiled={"files": ["../x.tflite"]}),
            "was made into ../x.tflite, which is not there",
        ),
        (lambda manifest: manifest["models"].clear(), "has no .tflite file"),
        (lambda manifest: manifest["models"][0].update(file="labels.txt"), "labels.txt cannot be read: "),
        (lambda manifest: manifest.update(models=3), "no manifest of edgezoo's"),
    ],
)
def test_a_bundle_that_is_not_as_it_says_goes_nowhere(bundle, change, says):
    os.symlink(bundle / "bars_int8.tflite", bundle / "link.tflite")
    rewrite(bundle, change)
    result = deploy(bundle)
    assert result.exit_code == 1 and says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr[:-1].isprintable() and result.stdout == ""


def test_what_is_no_bundle_is_said(bundle, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, says in (
        (tmp_path / "empty", "is no bundle, it has no manifest.json; `edgezoo export` makes one"),
        (tmp_path, "those in it are bundle"),
        (tmp_path / "nothing", "is no bundle"),
        (bundle / "bars_int8.tflite", "a bundle is the folder that `edgezoo export` writes"),
    ):
        result = deploy(path)
        assert result.exit_code == 1 and says in result.stderr and len(result.stderr.splitlines()) == 1
    assert "give it images with --data" in deploy(bundle, "-o", tmp_path / "report").stderr


def test_the_accuracy_is_that_of_evaluate(bundle, data):
    document = json.loads(deploy(bundle, "--data", data, "--limit", 30, "--json").stdout)
    files = [str(bundle / f"bars_{scheme}.tflite") for scheme in ("float32", "int8")]
    expected = evaluate_files(files, load_dataset(data), limit=30)
    assert [row["top1"] for row in document["results"]] == [row["top1"] for row in expected["results"]]
