"""What is said of placements: beside layers, in words."""

import json

from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.export import check_files
from edgezoo.export.placements import beside_layers, in_words, memory_in_words, reasons, refusal_in_words


def run(*arguments, status=0):
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def check(*operators, refused=None, converted="int8, calibrated with noise"):
    """A document of ``(where, layers of the operator)`` pairs."""
    rows = [
        {
            "index": k,
            "op": "ADD",
            "where": where,
            "reason": where != "accelerator" and "why",
            "remedy": None,
            "layers": names,
        }
        for k, (where, names) in enumerate(operators)
    ]
    accelerated = sum(where == "accelerator" for where, _ in operators)
    return {
        "operators": rows, "refused": refused, "remedy": "do", "converted": converted, "accelerated": accelerated,
        "total": len(rows), "memory": {},
    }  # fmt: skip


def wheres(names, document):
    return [each["where"] for each in beside_layers([{"name": name} for name in names], document)]


def test_what_is_beside_the_layers_of_a_model():
    found = check(("accelerator", ["relu", "conv"]), ("cpu", ["mean"]), ("accelerator", ["mean"]), ("cpu", []))
    assert wheres(["conv", "norm", "relu", "mean"], found) == ["accelerator", "folded", "fused", "cpu"]
    assert wheres(["conv", "relu"], check(refused="it is float")) == [None, None]
    assert wheres(["mean"], check(("nowhere", ["mean"]), ("cpu", ["mean"]))) == ["nowhere"]


def test_layers_that_are_called_twice_nested_or_wrapped():
    found = check(("accelerator", ["base/conv"]), ("cpu", ["base/conv:2"]), ("cpu", ["wrapped/inner"]))
    assert wheres(["conv", "conv", "wrapped"], found) == ["accelerator", "cpu", "cpu"]
    both = check(("accelerator", ["one/conv"]), ("cpu", ["two/conv"]))
    assert wheres(["conv", "conv"], both) == ["cpu", "cpu"], "which is which cannot be told"


def test_the_layers_of_a_file_are_its_operators():
    found = check(("cpu", ["b"]), ("accelerator", ["a"]), converted=None)
    assert wheres(["a", "b"], found) == ["cpu", "accelerator"]
    assert wheres(["a", "b"], check(refused="it is float", converted=None)) == [None, None]


def test_in_words():
    assert in_words(check(("accelerator", []), ("cpu", []))) == "1 of 2"
    assert in_words(check(("cpu", []), ("cpu", []))) == "2 on the CPU"
    assert in_words(check(("cpu", []), ("nowhere", []))) == "0 of 2, 1 nowhere"
    assert in_words(check(refused="it is float")) == "refused"
    assert refusal_in_words(check(refused="it is float")) == "it is float; do."
    assert refusal_in_words(check()) is None
    assert reasons(check(*[("cpu", [])] * 9)) == [("0, 1, 2, 3, 4, 5, 6, 7, …", "ADD", "CPU", "why", None)]
    memory = {"sram": {"bytes": 2000, "of": 393216}, "flash": {"bytes": 1, "of": None}}
    assert memory_in_words({"memory": memory}) == [("sram", "2,000 bytes of 393,216"), ("flash", "1 bytes")]


def test_describe_has_it_beside_each_operator_of_a_file(zoo):
    document = json.loads(run("describe", zoo.bars_int8, "--target", "phone,browser", "--json").stdout)
    checks, _ = check_files([zoo.bars_int8], ["phone", "browser"])
    assert document["checks"] == json.loads(json.dumps(checks))
    for each in checks:
        beside = [layer["placement"][each["target"]] for layer in document["layers"]]
        assert beside == [{"where": row["where"], "operators": [row["index"]]} for row in each["operators"]]
        assert [layer["op"] for layer in document["layers"]] == [row["op"] for row in each["operators"]]
    plain = json.loads(run("describe", zoo.bars_int8, "--json").stdout)
    assert "checks" not in plain and "placement" not in plain["layers"][0]


def test_describe_has_it_beside_each_layer_of_a_model(zoo):
    shown = run("describe", zoo.keras, "--target", "phone").stdout
    names = {layer.name for layer in zoo.model.layers}
    cells = {
        line.split()[0]: line.split()[-1]
        for line in shown.splitlines()
        if line.split()[:1] and line.split()[0] in names
    }
    # Its convolution takes in what scales the pixels; int8 average pooling is LiteRT's.
    assert list(cells.values()) == ["folded", "accelerator", "CPU", "accelerator", "accelerator"]
    assert "as int8, calibrated with noise; QUANTIZE" in shown and "bear no layer's name" in shown


def test_describe_says_what_cannot_be_asked(zoo, tmp_path):
    assert (
        "one layer's arithmetic"
        in run("describe", zoo.bars_int8, "--draw", tmp_path / "a.svg", "--target", "phone", status=2).stderr
    )
    assert "did you mean 'phone'" in run("describe", zoo.bars_int8, "--target", "fone", status=2).stderr
    refused = run("describe", zoo.bars_int16x8, "--target", "browser").stdout
    assert "refused" in refused and "--io uint8" in refused
