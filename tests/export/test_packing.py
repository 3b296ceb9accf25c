"""``edgezoo pack``, and what devices make of packed files."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.export import pack_files
from edgezoo.export.identity import identity_of
from edgezoo.export.targets.ethos_u import vela
from edgezoo.inspection import read_graph
from edgezoo.runtime import Worker


@pytest.fixture(scope="module")
def pair(zoo, convert, tmp_path_factory):
    """``(before, after)``: paths of an int8 file as TensorFlow's converter has it, and of the packed one."""
    folder = tmp_path_factory.mktemp("pair")
    before = folder / "net.tflite"
    before.write_bytes(convert(lambda image: zoo.model(image, training=False), (12, 12, 1), "int8"))
    ((row,), failures) = pack_files([before], folder / "packed")
    assert not failures and row["unchanged"] is None
    assert (row["bytes_before"], row["bytes_after"]) == (before.stat().st_size, Path(row["output"]).stat().st_size)
    assert row["bytes_after"] < row["bytes_before"]
    return before, Path(row["output"])


@pytest.mark.parametrize("runtime", ["litert", "tflm"])
def test_runtimes_answer_the_same(pair, dataset, runtime):
    if runtime == "tflm":
        pytest.importorskip("tflite_micro")
    scores = []
    for path in pair:
        with Worker(path, runtime=runtime) as worker:
            scores.append(worker.predict(dataset.test.read(np.arange(20))))
    np.testing.assert_array_equal(*scores)


@pytest.mark.skipif(not vela.installed(), reason="ethos-u-vela is not installed")
def test_vela_makes_the_same_of_it(pair):
    made = [vela.compiled(path, "ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram") for path in pair]
    before, after = ([{**layer, "output": None} for layer in each.layers] for each in made)
    assert before == after and before
    assert [each.op for each in made[0].graph.operators] == [each.op for each in made[1].graph.operators]
    assert made[0].summary["cycles_total"] == made[1].summary["cycles_total"]


def test_an_export_is_packed(fixed, tmp_path):
    rows, _ = pack_files(fixed.files.values(), tmp_path)
    assert {row["unchanged"] for row in rows} == {None}
    for row in rows:
        assert Path(row["output"]).read_bytes() == Path(row["file"]).read_bytes()
    (row,), _ = pack_files([fixed.files["int8"]], tmp_path)
    assert identity_of(row["output"]).model == "net"
    names = {tensor.name for tensor in read_graph(fixed.files["int8"]).tensors}
    assert all(name.count("/") <= name.count(";") + 1 for name in names), "no scopes but those of layers"


def run(*arguments):
    result = CliRunner().invoke(main, ["pack", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_command(pair, tmp_path):
    before, after = pair
    code, document, _ = run(before, "-o", tmp_path / "out", "--json")
    (row,) = json.loads(document)["files"]
    assert code == 0 and Path(row["output"]).read_bytes() == after.read_bytes()
    code, table, _ = run(before, "-o", tmp_path / "out")
    assert code == 0 and f"{row['bytes_after']:,}" in table and f"{row['bytes_before']:,}" in table
    code, table, _ = run(tmp_path / "out" / "net.tflite", "-o", tmp_path / "out")  # in its own place
    assert code == 0 and Path(row["output"]).read_bytes() == after.read_bytes()


def test_files_that_are_none(pair, zoo, tmp_path):
    (tmp_path / "cut.tflite").write_bytes(pair[0].read_bytes()[:700])
    (tmp_path / "empty.tflite").touch()
    bad = [tmp_path / "cut.tflite", tmp_path / "empty.tflite", tmp_path / "missing.tflite", zoo.keras, tmp_path]
    code, document, errors = run(*bad, pair[0], "-o", tmp_path / "out", "--json")
    assert code == 1 and errors.count("\n") == 1
    assert all(Path(path).name in errors for path in bad)
    assert [row["file"] for row in json.loads(document)["files"]] == [str(pair[0])]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["net.tflite"]
    code, _, errors = run(*pair, "-o", tmp_path / "two")
    assert code == 1 and "same name" in errors and not (tmp_path / "two").exists()


def test_a_compiled_file_is_copied(pair, edited, tmp_path):
    def compiled(model, schema):
        model.operatorCodes[0].customCode, model.operatorCodes[0].builtinCode = "edgetpu-custom-op", 32
        model.operatorCodes[0].deprecatedBuiltinCode = 32

    path = tmp_path / "net_edgetpu.tflite"
    path.write_bytes(edited(pair[0].read_bytes(), compiled))
    code, text, _ = run(path, "-o", tmp_path / "out")
    assert code == 0 and "stays as it is: it is compiled for the Edge TPU" in text
    assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
