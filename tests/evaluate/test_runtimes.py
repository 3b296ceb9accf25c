"""``--runtime``: one file's accuracy and latency in several runtimes."""

import json

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.evaluate import benchmark_files, evaluate_files, tabulate
from edgezoo.evaluate.documents import schema
from edgezoo.runtime.tflm.interpreter import Interpreter


@pytest.fixture(scope="module")
def evaluated(zoo, dataset):
    return evaluate_files([zoo.bars_int8, zoo.keras], dataset, runtimes=("litert", "tflm", "keras"), limit=50)


def test_each_file_is_run_by_each_runtime_that_takes_it(zoo, dataset, evaluated):
    jsonschema.validate(evaluated, schema())
    rows = evaluated["results"]
    assert [row["runtime"].partition(" ")[0] for row in rows] == ["ai-edge-litert", "tflite-micro", "keras"]
    assert [row["file"] for row in rows] == [zoo.bars_int8, zoo.bars_int8, zoo.keras]
    images, labels = dataset.test.read(dataset.test.sample(50)), dataset.test.labels[dataset.test.sample(50)]
    with Interpreter(open(zoo.bars_int8, "rb").read()) as interpreter:
        answers = interpreter.infer(images)[:, 0].argmax(axis=1)
    assert rows[1]["top1"] == np.mean(answers == labels)
    pair = evaluated["pairs"][0]
    assert [pair["a_runtime"], pair["b_runtime"]] == [row["runtime"] for row in rows[:2]]


def test_tables_tell_runtimes_apart_where_names_do_not(zoo, dataset, evaluated):
    for view, columns in (("accuracy", ["runtime"]), ("pairs", ["in", "in"])):
        headings, rows = tabulate(evaluated, view)
        assert [heading for heading in headings if heading in columns] == columns and len(rows) == 3
        alone = {**evaluated, "results": evaluated["results"][1:], "pairs": evaluated["pairs"][2:]}
        assert not set(columns) & set(tabulate(alone, view)[0])


def test_times_of_tflm_say_that_they_mean_nothing(zoo):
    how = {"threads": (1, 2), "min_runs": 1, "min_seconds": 0}
    document = benchmark_files([zoo.bars_int8], runtimes=("litert", "tflm"), **how)
    jsonschema.validate(document, schema())
    rows = document["results"]
    assert [(row["runtime"].partition(" ")[0], row["threads"]) for row in rows] == [
        ("ai-edge-litert", 1),
        ("ai-edge-litert", 2),
        ("tflite-micro", 1),
    ]
    assert [bool(row["timing_note"]) for row in rows] == [False, False, True]


def test_on_the_command_line(zoo, tmp_path):
    names = ["--runtime", "tflm,tflm", "--json"]
    result = CliRunner().invoke(main, ["benchmark", zoo.bars_int8, *names])
    (row,) = json.loads(result.stdout)["results"]
    assert row["runtime"].startswith("tflite-micro") and "say nothing of a microcontroller" in result.stderr
    result = CliRunner().invoke(main, ["evaluate", zoo.keras, "--data", "digits", *names])
    assert result.exit_code == 1 and result.stderr.count("\n") == 1 and "export it first" in result.stderr
