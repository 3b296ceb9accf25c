import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.evaluate import (
    benchmark_files,
    columns,
    compare,
    compare_files,
    placement,
    read_results,
    summary_rows,
    tabulate,
)
from edgezoo.export import check_files

from ..forked import Forked, run
from ..schemas import assert_valid

TARGETS = ["phone", "ethos-u55-128", "tflm"]
FINAL = ("results.json", "results.csv", "report.html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("report") / "new"


@pytest.fixture(scope="module")
def document(zoo, dataset, folder):
    paths = [zoo.bars_float32, zoo.bars_int8, zoo.open_int8_20]
    return compare_files(paths, dataset, folder, threads=(1, 2), limit=50, title="A <b>title</b>", targets=TARGETS)


def test_three_whole_files_and_nothing_else(document, folder):
    assert sorted(path.name for path in folder.iterdir()) == sorted(FINAL)
    assert json.loads((folder / "results.json").read_text()) == document


def test_the_document_is_valid_by_the_schema_and_read_as_it_was_written(document, folder):
    assert_valid(document, "evaluate", "results")
    read = read_results(folder / "results.json")
    assert read.items() >= {key: value for key, value in document.items() if key != "results"}.items()
    assert summary_rows(read) == summary_rows(document)


def test_accuracy_and_latency_are_of_the_same_bytes(document):
    for result in document["results"]:
        assert result["sha256"] == sha256(result["file"])
        assert result["size_bytes"] == len(Path(result["file"]).read_bytes())
        assert [timed["threads"] for timed in result["benchmarks"]] == [1, 2]


def test_static_columns_are_those_of_the_arithmetic(zoo, document):
    """Counted by hand: a 3×3 convolution to 8 channels on 12×12, and 6 scores from 6·12·8 numbers."""
    result = document["results"][0]
    assert result["params"] == zoo.model.count_params()
    assert result["macs"] >= 12 * 12 * 9 * 8 + 576 * 6
    assert result["macs"] <= 12 * 12 * 9 * 8 + 576 * 6 + 12 * 12
    assert result["peak_activation_bytes"] >= 4 * 12 * 12 * 8


def test_what_targets_say_is_what_check_says(document, zoo):
    assert document["targets"] == TARGETS
    for result, row in zip(document["results"], summary_rows(document)[::2], strict=True):
        checks, _ = check_files([result["file"]], TARGETS)
        assert [*result["targets"]] == TARGETS
        for check in checks:
            name = check["target"]
            check["figures"].pop("layers", None)
            assert {**check, **result["targets"][name]} == check
            assert check.keys() - result["targets"][name].keys() == {"file", "sha256", "target", "converted"}
            assert row[f"{name}_refused"] == check["refused"]
            assert row[f"{name}_accelerated"] == (None if check["refused"] else check["accelerated"])
            assert row.get(f"{name}_cycles") == check["figures"].get("cycles")
            for memory, size in check["memory"].items():
                assert row[f"{name}_{memory}_bytes"] == size["bytes"]
        assert [layer["op"] for layer in result["layers"]] == [each["op"] for each in checks[0]["operators"]]
    headings, (_, int8, _) = tabulate(document, "targets")
    cells = dict(zip(headings, int8, strict=True))
    assert (
        cells[">phone"].endswith(" of 7") and cells[">tflm"] == "7 on the CPU" and "arena" in cells["tflm\nmemory, KiB"]
    )


def test_a_keras_file_has_no_operators_and_what_cannot_tell_is_a_note(zoo, monkeypatch):
    assert placement.placements({"file": zoo.keras}, TARGETS) == ({}, [])
    assert placement.placements({"file": zoo.bars_int8}, []) == ({}, [])
    result = {"file": zoo.bars_int8, "sha256": sha256(zoo.bars_int8)}
    monkeypatch.setattr(placement, "check_files", lambda files, targets: ([], ["coral: it died"]))
    assert placement.placements(result, ["coral"]) == ({}, [f"{zoo.bars_int8} was not checked for coral: it died"])

    def fails(files, targets):
        raise EdgezooError("it is damaged.")

    monkeypatch.setattr(placement, "check_files", fails)
    found, (sentence,) = placement.placements(result, ["coral"])
    assert not found and sentence == f"No target was asked about {zoo.bars_int8}: it is damaged."
    other = {"target": "coral", "sha256": "0" * 64}
    monkeypatch.setattr(placement, "check_files", lambda files, targets: ([other], []))
    with pytest.raises(EdgezooError, match="was changed while"):
        placement.placements(result, ["coral"])


def test_an_unknown_target_is_said_before_anything_is_measured(tmp_path, zoo, dataset):
    with pytest.raises(EdgezooError, match="did you mean 'coral'"):
        compare_files([zoo.bars_int8], dataset, tmp_path / "report", targets=["corral"])
    assert not (tmp_path / "report").exists()


def test_a_network_that_cannot_be_counted_has_blank_columns(tmp_path, zoo, dataset, monkeypatch, capsys):
    def uncountable(*arguments):
        raise EdgezooError("layer x is not known")

    monkeypatch.setattr("edgezoo.inspection.describing.describe", uncountable)
    (result,) = compare_files([zoo.bars_int8], dataset, tmp_path, limit=5)["results"]
    assert result["params"] is result["macs"] is result["peak_activation_bytes"] is None
    assert "layer x is not known" in capsys.readouterr().err


def test_rows_are_flat_and_the_csv_holds_them(document, folder):
    rows = summary_rows(document)
    assert len(rows) == 6
    with open(folder / "results.csv", newline="") as file:
        read = list(csv.DictReader(file))
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows] == read
    for row, timed in zip(rows, [t for r in document["results"] for t in r["benchmarks"]], strict=True):
        assert row["p50_ms"] == timed["latency_ms"]["p50"]
        assert row["top1_low"] <= row["top1"] <= row["top1_high"]


def test_agreement_is_with_the_float_file_of_the_same_network(document):
    (pair,) = (
        p for p in document["pairs"] if p["a"].endswith("bars_float32.tflite") and p["b"].endswith("bars_int8.tflite")
    )
    by_name = {row["file"].rpartition("/")[2]: row["agreement"] for row in summary_rows(document)}
    assert by_name["bars_int8.tflite"] == pair["agreement"]
    assert by_name["open_int8_20.tflite"] is None, "its float file is not among these"


def test_the_keras_file_comes_before_the_float32_file_as_reference():
    """And no file of another network, however much the names are alike."""
    results = [
        {"file": name, "model": "model", "scheme": scheme, "network": network}
        for name, network, scheme in [
            ("a8", "a", "int8"),
            ("af", "a", "float32"),
            ("ak", "a", "keras"),
            ("b8", "b", "int8"),
            ("foreign", None, "int8"),
            ("unknown", None, "float32"),
        ]
    ]
    references = [columns.float_reference(result, results) for result in results]
    assert [reference and reference["file"] for reference in references] == ["ak", "ak", "ak", None, None, None]


def test_notes_explain_a_slow_int8_row_and_resized_images(document):
    slow = json.loads(json.dumps(document))
    float32, int8, resized = slow["results"]
    for result, p50 in ((float32, 1.0), (int8, 3.0), (resized, 9.0)):
        for timed in result["benchmarks"]:
            timed["latency_ms"]["p50"] = p50
    slow["environment"]["machine"] = "x86_64"
    for result in slow["results"]:
        result["pixels"]["known_by"] = "export record"
    about_size, *about_speed = compare.notes(slow)
    assert "open_int8_20.tflite takes 20×20 pixels" in about_size
    assert len(about_speed) == 2, "one for each thread count, none for the file without a float twin"
    delegated = int8["benchmarks"][0]["delegated"]
    for sentence in about_speed:
        assert "bars_int8.tflite is slower than" in sentence and "3 against 1 ms" in sentence
        assert f"XNNPACK runs {delegated['operators']} of its {delegated['of']} operators" in sentence
        assert "x86" in sentence
    for timed in int8["benchmarks"]:
        timed["latency_ms"]["p50"] = 0.5
    assert compare.notes(slow) == [about_size]


def test_a_file_that_changes_meanwhile_is_an_error(tmp_path, zoo, dataset, monkeypatch):
    path = tmp_path / "bars_int8.tflite"
    path.write_bytes(Path(zoo.bars_int8).read_bytes())

    def measure_later(paths, **options):
        path.write_bytes(Path(zoo.bars_float32).read_bytes())
        return benchmark_files(paths, min_runs=1, min_seconds=0, **options)

    monkeypatch.setattr(compare, "benchmark_files", measure_later)
    with pytest.raises(EdgezooError, match=r"bars_int8\.tflite was changed"):
        compare_files([path], dataset, tmp_path / "report", limit=5)
    assert not (tmp_path / "report").exists()


def test_a_failure_at_the_last_step_leaves_the_old_report(tmp_path, document, monkeypatch):
    for name in FINAL:
        (tmp_path / name).write_text("old")

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "render_html", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare.write_report(document, tmp_path, None)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(FINAL, "old")


def test_a_file_in_the_place_of_the_folder(tmp_path, zoo, dataset):
    (tmp_path / "report").write_text("")
    with pytest.raises(EdgezooError, match="give a folder"):
        compare_files([zoo.bars_int8], dataset, tmp_path / "report")


SCRIPT = """
import sys
import numpy as np
from edgezoo.datasets.dataset import Dataset, Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.evaluate import compare_files
rng = np.random.default_rng(0)
split = Split(ArraySource(rng.integers(0, 256, (500, 12, 12, 1), np.uint8)), rng.integers(0, 6, 500))
print("ready", flush=True)
compare_files(sys.argv[2:], Dataset("noise", tuple("abcdef"), (12, 12, 1), split, split, split, {}), sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_at_any_moment_it_leaves_whole_files_or_none(tmp_path, zoo, end):
    command = [sys.executable, "-c", SCRIPT]
    files = [zoo.bars_float32, zoo.bars_int8]
    started = time.monotonic()
    run([*command, tmp_path / "whole", *files], check=True)
    whole = time.monotonic() - started
    for k in range(10):
        folder = tmp_path / str(k)
        with Forked([*command, folder, *files], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            process.stdout.readline()
            time.sleep(whole * k / 10)
            children = psutil.Process(process.pid).children() if process.poll() is None else []
            process.send_signal(end)
            process.wait()
        _, alive = psutil.wait_procs(children, timeout=20)
        assert not alive
        for name in FINAL:
            if (folder / name).exists():
                assert (folder / name).stat().st_size > 0
        if (folder / "results.json").exists():
            assert len(json.loads((folder / "results.json").read_text())["results"]) == 2
        if (folder / "report.html").exists():
            assert (folder / "report.html").read_text().rstrip().endswith("</html>")
        if end is signal.SIGINT and folder.exists():
            assert not list(folder.glob(".tmp-*"))
