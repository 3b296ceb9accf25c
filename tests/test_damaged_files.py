"""Damaged ``.tflite`` files through the library: an answer, or one line."""

import json
from pathlib import Path

import mutated_files
import numpy as np
import psutil
import pytest
from click.testing import CliRunner
from mutations import Mutations

from edgezoo.common.errors import EdgezooError
from edgezoo.export import check_files
from edgezoo.export.targets.ethos_u import vela
from edgezoo.inspection import describe
from edgezoo.inspection.embedded_labels import embedded_labels
from edgezoo.inspection.tflite_pixels import tflite_pixels
from edgezoo.runtime import Worker

COPIES = 160
#: Their answers take neither a compiler nor a process.
TARGETS = ("coral", "browser", "ethos-u55-128")


def sentence(work):
    """What ``work()`` gives, or the one line that it is refused in."""
    try:
        return work()
    except EdgezooError as error:
        assert "\n" not in str(error)
        return str(error)


@pytest.fixture
def copies(zoo):
    """``copies(number) → (kind, content)``, of an int8 and a float file in turn."""
    mutations = [Mutations(Path(path).read_bytes(), seed=1) for path in (zoo.bars_int8, zoo.bars_float32)]
    return lambda number: mutations[number % 2](number // 2)


def test_each_is_answered_or_refused(copies, dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(vela, "installed", lambda: None)
    images, outcomes = dataset.test.read(np.arange(2)), []
    path = tmp_path / "copy.tflite"
    for number in range(COPIES):
        path.write_bytes(copies(number)[1])
        table = sentence(lambda: describe(path))
        outcomes.append(isinstance(table, str))
        checks, failures = check_files([path], TARGETS)
        refused_by = [name for each in failures for name in each.partition(": ")[0].split(", ")]
        assert {check["target"] for check in checks} | set(refused_by) == set(TARGETS)
        assert not any("\n" in each for each in failures)
        json.dumps(checks, allow_nan=False)
        sentence(lambda: tflite_pixels(path))
        embedded_labels(path)
        if not outcomes[-1] and number % 3 == 0:  # what a runtime makes of a sound structure

            def predict():
                with Worker(path) as worker:
                    return worker.predict(images[:, : worker.input_shape[0], : worker.input_shape[1]])

            sentence(predict)
    assert 0.1 < np.mean(outcomes) < 0.9, "some are other networks, and most are none"


def test_a_copy_is_made_again_by_its_number(zoo, copies):
    content = Path(zoo.bars_int8).read_bytes()
    assert copies(34) == copies(34) == Mutations(content, seed=1)(17)
    assert len({copies(number) for number in range(40)}) == 40
    assert Mutations(content, seed=2)(17)[1] != copies(34)[1]


def test_the_command_judges_and_replays(zoo, tmp_path):
    output = tmp_path / "m.json"
    command = [zoo.bars_int8, "--count", "1", "--output", str(output), "--processes", "1"]
    assert CliRunner().invoke(mutated_files.main, command).exit_code == 0
    document = json.loads(output.read_text())
    assert document["copies"] == 1 and document["failures"] == []
    assert [sum(counts.values()) for counts in document["outcomes"].values()] == [1] * 4


def test_a_process_that_does_not_end_is_a_failure_and_is_ended(zoo, tmp_path):
    def running():
        return {each for server in psutil.Process().children() for each in server.children(recursive=True)}

    before = running()
    ((number, verdicts),) = mutated_files.results(
        [7], Mutations(Path(zoo.bars_int8).read_bytes()), mutated_files.images(tmp_path), 1, 0
    )
    assert number == 7 and verdicts["process"]["outcome"] is None and "did not end" in verdicts["process"]["words"]
    assert running() <= before


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("raise ValueError('x')", "raised"),
        ("print('{\"a\": NaN}')", "no JSON"),
        ("raise SystemExit(3)", "exit 3"),
        ("raise SystemExit(1)", "exit 1 with 0"),
        ("print('Traceback (most recent call last):', file=sys.stderr); print('{}')", "a traceback"),
    ],
)
def test_what_is_worse_than_one_line_is_told(monkeypatch, script, words):
    import click

    command = click.Command("play", callback=lambda: exec(f"import sys\n{script}"))
    monkeypatch.setattr(mutated_files, "edgezoo", command)
    verdict = mutated_files.judged([])
    assert verdict["outcome"] is None and words in verdict["words"]
