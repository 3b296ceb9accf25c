"""A comparison on several devices, and what is kept of it where one of them is lost."""

import csv
import json
import sys

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.evaluate import compare_files, on_devices
from edgezoo.evaluate.unfinished import Unfinished
from edgezoo.runtime.devices import answers_on

from ..schemas import assert_valid


@pytest.fixture
def device(tmp_path):
    return f"local?python={sys.executable}&folder={tmp_path}/jobs"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("edgezoo.evaluate.latency.WARM_UP_SECONDS", 0)
    monkeypatch.setattr("edgezoo.evaluate.latency.ROUNDS", 2)


def test_a_report_has_each_file_on_each_device(zoo, dataset, device, tmp_path, quick):
    paths, name = [zoo.bars_float32, zoo.bars_int8], f"local?python={sys.executable}"
    document = compare_files(paths, dataset, tmp_path / "report", limit=40, devices=["local", device], threads=(1, 2))
    assert_valid(document, "evaluate", "results")
    assert [(row["file"], row["device"]) for row in document["results"]] == [
        (path, place) for place in ("local", name) for path in paths
    ]
    assert all([row["threads"] for row in result["benchmarks"]] == [1, 2] for result in document["results"])
    here, there = document["results"][:2], document["results"][2:]
    assert [row["top1"] for row in here] == [row["top1"] for row in there]
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "report.html",
        "results.csv",
        "results.json",
    ]
    rows = list(csv.DictReader((tmp_path / "report" / "results.csv").open()))
    assert [row["device"] for row in rows] == ["local"] * 4 + [name] * 4
    # Each device has a frontier of its own, and the float file there is what its int8 file is held against.
    assert all(any("latency" in row["pareto"] for row in rows if row["device"] == place) for place in ("local", name))
    assert all((row["agreement"] == "") == ("float32" in row["file"]) for row in rows)
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Devices; blank where" in page and document["devices"][0]["cpu"] in page
    assert f"bars_int8.tflite on {name}".replace("/", "/<wbr>").split("?")[0].replace("_", "_<wbr>").split()[-1] in page


def test_what_was_measured_before_a_device_was_lost_is_not_measured_again(
    zoo, dataset, device, tmp_path, quick, monkeypatch
):
    paths, asked = [zoo.bars_float32, zoo.bars_int8], []

    def lost_in_the_middle(address, setups, count, finished, advance):
        def finish(*found):
            finished(*found)
            if len(asked) == 1:
                raise EdgezooError("the connection to the board was cut.")

        asked.append([setup.file.path for setup in setups])
        return answers_on(address, setups, count, finish, advance)

    monkeypatch.setattr(on_devices, "answers_on", lost_in_the_middle)
    report = tmp_path / "report"
    how = {"limit": 40, "devices": ["local", device]}
    document = compare_files(paths, dataset, report, **how)
    assert document["failure"] == "the connection to the board was cut."
    # The finished row stays, in the report as well.
    assert [(row["file"], row["device"] == "local") for row in document["results"]] == [
        (zoo.bars_float32, True),
        (zoo.bars_int8, True),
        (zoo.bars_float32, False),
    ]
    assert len(json.loads((report / "results.json").read_text())["results"]) == 3
    assert any((report / "unfinished").iterdir())

    whole = compare_files(paths, dataset, report, **how)
    assert asked == [paths, [zoo.bars_int8]]
    assert "failure" not in whole and len(whole["results"]) == 4 and not (report / "unfinished").exists()
    assert [row["top1"] for row in whole["results"][:3]] == [row["top1"] for row in document["results"]]


def test_a_kept_measurement_is_of_all_its_facts_or_of_none(tmp_path):
    kept = Unfinished(tmp_path / "report" / "unfinished")
    assert kept.get(file="a") is None
    kept.put({"runtime": "x"}, [1.5, 2], file="a", count=3)
    record, array = kept.get(count=3, file="a")
    assert record == {"runtime": "x"} and array.tolist() == [1.5, 2]
    assert kept.get(file="a", count=4) is None and Unfinished().get(file="a", count=3) is None
    (path,) = (tmp_path / "report" / "unfinished").iterdir()
    path.write_bytes(path.read_bytes()[:40])
    assert kept.get(file="a", count=3) is None
    kept.remove()
    assert not (tmp_path / "report" / "unfinished").exists()
    kept.remove()
