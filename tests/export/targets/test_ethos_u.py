"""Ethos-U: placements against what is left in Vela's own output, with Vela, without it, and where it fails."""

import collections
import dataclasses
import json
import sys

import pytest
import vela_rules

from edgezoo.common.errors import EdgezooError
from edgezoo.export import TARGETS
from edgezoo.export.targets.ethos_u import rules, table, vela
from edgezoo.export.targets.ethos_u.compiling import check, compile_for
from edgezoo.inspection import read_graph

U55, U85 = "ethos-u55-128", "ethos-u85-256"


@pytest.fixture(scope="module")
def branches(convert, tmp_path_factory):
    """An int8 file of many kinds of operators side by side, some of which no or not every Ethos-U takes."""
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    resize, nn = tf.compat.v1.image, tf.nn

    def kernel(*shape):
        return tf.constant(random.normal(0, 0.3, shape), tf.float32)

    def call(image):
        x = nn.conv2d(image / 255, kernel(3, 3, 3, 8), 1, "SAME")
        mean = tf.reduce_mean(x, [1, 2], keepdims=True)
        made = [
            nn.conv2d(x, kernel(5, 5, 8, 4), 4, "SAME"),
            nn.conv2d(x, kernel(5, 5, 8, 4), 4, "VALID"),
            nn.depthwise_conv2d(x, kernel(3, 3, 8, 1), [1, 2, 2, 1], "SAME"),
            nn.depthwise_conv2d(x, kernel(3, 3, 8, 1), [1, 4, 4, 1], "VALID"),
            nn.max_pool2d(x, 5, 4, "SAME"),
            nn.max_pool2d(x, 5, 4, "VALID"),
            nn.avg_pool2d(x, 3, 2, "SAME"),
            nn.avg_pool2d(x, 12, 1, "SAME"),
            nn.avg_pool2d(x, 12, 1, "VALID"),
            nn.softmax(x),
            nn.log_softmax(x),
            *(resize.resize_bilinear(x, (side, side), half_pixel_centers=True) for side in (32, 48, 64)),
            *(resize.resize_bilinear(x, (side, side)) for side in (48, 64)),
            *(resize.resize_nearest_neighbor(x, (side, side)) for side in (48, 128)),
            resize.resize_bilinear(mean, (5, 7)),
            nn.conv2d_transpose(x, kernel(3, 3, 4, 8), [1, 32, 32, 4], 2, "SAME"),
            nn.conv2d_transpose(x, kernel(3, 3, 4, 8), [1, 48, 48, 4], 3, "SAME"),
            x * nn.relu6(x + 3) / 6,
            nn.gelu(x),
            nn.leaky_relu(x),
            nn.sigmoid(x),
            x[:, 1:9:2, 2:10],
            x[..., ::2],
            x[:, ::-1],
            tf.gather(x, [1, 3, 2], axis=3),
            tf.transpose(x, [0, 2, 1, 3]),
            tf.reduce_mean(x, [3], keepdims=True),
            tf.sqrt(tf.abs(x)),
            x / (tf.abs(x) + 1),
            nn.depth_to_space(x, 2),
            tf.cumsum(x, 1),
            tf.sin(x),
            x + mean,
            tf.concat([x, x], 3),
        ]
        # A convolution behind each: the converter leaves some operators right before an output in floating point.
        return tuple(nn.conv2d(each, kernel(1, 1, each.shape[-1], 4), 1, "SAME") for each in made)

    path = tmp_path_factory.mktemp("branches") / "branches.tflite"
    path.write_bytes(convert(call, (16, 16, 3), "int8"))
    return path


@pytest.fixture(scope="module")
def compiled(branches, tmp_path_factory):
    """Configuration → what ``compile`` made of ``branches``."""
    folder = tmp_path_factory.mktemp("compiled")
    return {name: compile_for(branches, folder / name, configuration=name) for name in (U55, U85)}


@pytest.fixture
def no_vela(monkeypatch):
    monkeypatch.setattr(vela, "installed", lambda: None)


@pytest.fixture
def stand_in(monkeypatch):
    """A function that puts a Python program into the place of Vela."""

    def put(program):
        monkeypatch.setattr(vela, "_PROGRAM", (sys.executable, "-c", program))

    return put


def on_cpu(placements):
    return {each.index for each in placements if each.where == "cpu"}


@pytest.mark.parametrize("name", [U55, U85])
def test_on_the_cpu_is_what_is_left_in_the_compiled_file(branches, compiled, name):
    graph, (path, _) = read_graph(branches), compiled[name]["files"]
    after = read_graph(path)
    left = {(each.op, after.tensors[each.outputs[0]].name) for each in after.operators if each.op != "ethos-u"}
    found = check(branches, configuration=name)
    names = [graph.tensors[each.outputs[0]].name for each in graph.operators]
    assert [(each.index, each.op) for each in found.operators] == [(each.index, each.op) for each in graph.operators]
    assert {(found.operators[index].op, names[index]) for index in on_cpu(found.operators)} == left
    assert left and len(left) < len(graph.operators)
    for each in found.operators:
        assert bool(each.reason) == (each.where == "cpu")
    assert found.by == f"ethos-u-vela {vela.installed()}" and not found.refused
    figures = compiled[name]["figures"]
    assert (figures.pop("operators"), figures.pop("on_cpu")) == (len(graph.operators), len(left))
    assert found.figures == figures


@pytest.mark.parametrize("name", [U55, "ethos-u65-512", U85])
def test_without_vela_the_saved_rules_say_the_same(branches, zoo, monkeypatch, name):
    for file in (branches, zoo.bars_int8, zoo.bars_int16x8):
        by_vela = on_cpu(check(file, configuration=name).operators)
        with monkeypatch.context() as patch:
            patch.setattr(vela, "installed", lambda: None)
            by_rules = check(file, configuration=name)
        assert by_rules.by == "static rules of Vela 5.2.0" and "not installed" in by_rules.notes[-1]
        assert by_vela <= on_cpu(by_rules.operators), "nothing is promised that Vela does not keep"
        assert by_vela == on_cpu(by_rules.operators)


@pytest.mark.parametrize("name", [U55, U85])
def test_reasons_and_remedies(branches, name):
    reasons = collections.defaultdict(set)
    for each in check(branches, configuration=name).operators:
        if each.where == "cpu":
            reasons[each.op].add((each.reason, each.remedy))
    text = {op: "; ".join(f"{why} {remedy}" for why, remedy in each) for op, each in reasons.items()}
    assert f"Ethos-U{name[7:9]} has no LOG_SOFTMAX" in text["LOG_SOFTMAX"] and "logits" in text["LOG_SOFTMAX"]
    assert "its window is 12x12 with SAME padding" in text["AVERAGE_POOL_2D"]
    if name == U55:
        assert "its stride is 3x3; Vela's rule: Stride values" in text["TRANSPOSE_CONV"]
        assert "4x4 with SAME padding" in text["CONV_2D"] and "at most 3" in text["CONV_2D"]
        assert "48x48 of 16x16" in text["RESIZE_BILINEAR"]
        assert "has no GATHER" in text["GATHER"]
    else:
        assert "TRANSPOSE_CONV" not in text and "stride" not in text.get("CONV_2D", "")
        assert "axis must be equal to batch_dims" in text["GATHER"]


def test_an_open_size_stays_on_the_cpu(zoo, edited, tmp_path):
    def opened(model, schema):
        for tensor in model.subgraphs[0].tensors:
            if len(tensor.shape) == 4 and tensor.shape[1] == tensor.shape[2] == 12:
                tensor.shapeSignature = [-1, -1, -1, tensor.shape[3]]

    path = tmp_path / "open.tflite"
    with open(zoo.bars_int8, "rb") as file:
        path.write_bytes(edited(file.read(), opened))
    found = check(path, configuration=U55)
    (convolution,) = (each for each in found.operators if each.op == "CONV_2D")
    assert convolution.where == "cpu" and "is open" in convolution.reason and "--input-size" in convolution.remedy
    assert found.notes[0] == "the batch is open and is taken as 1"


def test_a_name_with_commas_and_breaks_spoils_no_table(zoo, edited, tmp_path):
    def named(model, schema):
        for number, tensor in enumerate(model.subgraphs[0].tensors):
            tensor.name = f"a,b,'c\n\",{number}".encode()

    path = tmp_path / "commas.tflite"
    with open(zoo.bars_int8, "rb") as file:
        path.write_bytes(edited(file.read(), named))
    named, usual = (check(file, configuration=U55) for file in (path, zoo.bars_int8))
    assert named.operators == usual.operators
    assert [each["cycles"] for each in named.figures["layers"]] == [each["cycles"] for each in usual.figures["layers"]]


def test_names_that_repeat_lose_no_operator(branches, edited, tmp_path):
    def same_names(model, schema):
        for tensor in model.subgraphs[0].tensors:
            tensor.name = b"x"

    path = tmp_path / "same.tflite"
    path.write_bytes(edited(branches.read_bytes(), same_names))
    counts = [
        collections.Counter(each.op for each in check(file, configuration=U85).operators if each.where == "cpu")
        for file in (path, branches)
    ]
    assert counts[0] == counts[1]


def test_the_saved_table_is_that_of_vela():
    assert json.loads(vela_rules.text(vela_rules.saved())) == table.saved()
    assert vela_rules.PATH.read_text() == vela_rules.text(vela_rules.saved())


def test_every_rule_has_a_function():
    for rule in table.saved()["rules"]:
        assert callable(rules.function_of(rule)[0])


def test_rules_stand_files_that_make_no_sense(branches):
    graph = read_graph(branches)
    for family in ("55", "85"):
        for operator in graph.operators:
            for change in ({"inputs": ()}, {"inputs": operator.inputs[:1]}, {"outputs": ()}, {"options": {}}):
                rules.broken(graph, dataclasses.replace(operator, **change), family)


def test_figures(compiled):
    for name, each in compiled.items():
        figures, (path, _) = each["figures"], each["files"]
        assert path.name == "branches_vela.tflite"
        assert figures["inference_ms"] == pytest.approx(1000 * figures["cycles"] / figures["clock_hz"])
        assert figures["npu_utilization"] == pytest.approx(
            figures["macs"] / figures["cycles"] / int(name.rpartition("-")[2])
        )
        assert 0 < figures["npu_utilization"] < 1 and figures["sram_bytes"] > 0
        assert sum(layer["macs"] for layer in figures["layers"]) == figures["macs"]
        assert all(0 <= layer["utilization"] <= 1 for layer in figures["layers"])
        assert 0.9 * figures["macs"] < sum(each["macs"] for each in figures["by_operator"]) <= figures["macs"]
        # Weights and commands lie where the memory mode has them, and in the compiled file.
        where = "flash_bytes" if name == U55 else "dram_bytes"
        assert figures[where] > 0 and figures["flash_bytes" if name == U85 else "dram_bytes"] == 0


def test_every_operation_of_the_npu_counts_for_an_operator_of_the_file(zoo):
    found = check(zoo.bars_int8, configuration=U55)
    figures, graph = found.figures, read_graph(zoo.bars_int8)
    for key in ("cycles", "macs"):
        assert sum(each[key] for each in figures["by_operator"]) == sum(layer[key] for layer in figures["layers"])
    (conv,) = (operator.index for operator in graph.operators if operator.op == "CONV_2D")
    (cost,) = (each for each in figures["by_operator"] if each["index"] == conv)
    (by_vela,) = (layer for layer in figures["layers"] if layer["operator"] == "Conv2D" and layer["cycles"])
    assert cost["utilization"] == pytest.approx(by_vela["utilization"], rel=0.01)


def test_systems_memory_modes_and_clocks(zoo):
    usual = check(zoo.bars_int8, configuration=U55)
    slower = check(zoo.bars_int8, configuration=U55, system="Ethos_U55_Deep_Embedded", memory_mode="Sram_Only")
    assert (usual.figures["clock_hz"], slower.figures["clock_hz"]) == (5e8, 2e8)
    assert usual.memory["flash"]["bytes"] > 0 and usual.memory["sram"]["of"] is None
    assert slower.figures["memory_mode"] == "Sram_Only"
    assert check(zoo.bars_int8, configuration=U85).memory["sram"]["of"] == 384 * 1024
    own = check(zoo.bars_int8, configuration=U55, clock_hz=1e8)
    assert own.figures["inference_ms"] == pytest.approx(5 * usual.figures["inference_ms"])
    with pytest.raises(EdgezooError, match="unknown system of ethos-u55-128 'Ethos_U65_Embedded'"):
        check(zoo.bars_int8, configuration=U55, system="Ethos_U65_Embedded")
    with pytest.raises(EdgezooError, match=r"unknown memory mode.*There are Sram_Only"):
        check(zoo.bars_int8, configuration=U55, memory_mode="Shared")


def test_what_there_is_nothing_to_compile_of(zoo, compiled, no_vela, tmp_path):
    refused = check(zoo.bars_float32, configuration=U55)
    assert "all of it is float32" in refused.refused and "int8" in refused.remedy and not refused.operators
    path, _ = compiled[U55]["files"]
    assert "already" in check(path, configuration=U55).refused


def test_compile_says_why_not(zoo, convert, tmp_path, monkeypatch):
    import tensorflow as tf

    sines = tmp_path / "sines.tflite"
    sines.write_bytes(convert(tf.sin, (4, 4, 3), "int8", io="int8"))
    for file, why in (
        (zoo.bars_float32, "all of it is float32"),
        (sines, r"leaves all \d+ operators to the CPU"),
        (tmp_path / "none.tflite", "does not exist"),
    ):
        with pytest.raises(EdgezooError, match=why):
            compile_for(file, tmp_path / "out", configuration=U55)
    monkeypatch.setattr(vela, "installed", lambda: None)
    with pytest.raises(EdgezooError, match=r"edgezoo\[ethos-u\]"):
        compile_for(zoo.bars_int8, tmp_path / "out", configuration=U55)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import time; time.sleep(60)", "did not end within 0.5 s"),
        ("import os; os.abort()", "ended by SIGABRT"),
        ("raise SystemExit('no such thing')", "ended with status 1: no such thing"),
        ("print('done')", "no file that can be read: done"),
        ("", "it said nothing"),
        ("import sys; sys.stdout.buffer.write(bytes(range(256)) * 400_000)", "no file that can be read"),
        ("import subprocess; subprocess.Popen(['sleep', '60'])", "it said nothing"),
        ("import shutil; shutil.copyfile('network.tflite', 'network_vela.tflite')", "no file that can be read"),
        ("open('network_vela.tflite', 'w').write('garbage')", "no file that can be read"),
    ],
)
def test_a_vela_that_fails_is_told_in_one_line(zoo, stand_in, monkeypatch, tmp_path, program, why):
    stand_in(program)
    if "sleep" in program:
        monkeypatch.setattr(vela, "_TIMEOUT", 0.5)
    refused = check(zoo.bars_int8, configuration=U55)
    assert why in refused.refused and "\n" not in refused.refused and not refused.operators
    with pytest.raises(EdgezooError, match="is not compiled for ethos-u55-128"):
        compile_for(zoo.bars_int8, tmp_path / "out", configuration=U55)
    assert not (tmp_path / "out").exists()


def test_a_vela_that_does_nothing_has_accelerated_nothing(zoo, stand_in, tmp_path):
    """It ends with 0 and leaves all the files that it should, with the network as it was."""
    names = ["cycles_total", "core_clock", "nn_macs", "sram_memory_used", "dram_memory_used"]
    names += ["on_chip_flash_memory_used", "off_chip_flash_memory_used"]
    summary = f"{','.join(names)}\n{','.join('0' for _ in names)}\n"
    stand_in(
        "import pathlib, shutil; shutil.copyfile('network.tflite', 'network_vela.tflite');"
        f"pathlib.Path('network_summary_Ethos_U55_High_End_Embedded.csv').write_text({summary!r})"
    )
    found = check(zoo.bars_int8, configuration=U55)
    assert {each.where for each in found.operators} == {"cpu"} and found.figures == {}
    assert all(each.reason == "Vela leaves it there and does not say why" for each in found.operators)
    with pytest.raises(EdgezooError, match=r"Vela leaves all \d+ operators to the CPU, the first because"):
        compile_for(zoo.bars_int8, tmp_path / "out", configuration=U55)
    assert not (tmp_path / "out").exists()


def test_all_eleven_are_targets_that_check_and_compile(zoo, no_vela):
    targets = {name: target for name, target in TARGETS.items() if name.startswith("ethos-u")}
    assert len(targets) == 11
    for target in targets.values():
        assert target.check(zoo.bars_int8).counts["accelerator"] and target.compile
