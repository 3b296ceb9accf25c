"""The runner in a process here, and devices that are not what they should be."""

import ast
import json
import struct
import sys

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection.pixels import Pixels
from edgezoo.runtime import load_runner
from edgezoo.runtime.devices import Setup, again, answers_on, device_at, latency_on, prepare
from edgezoo.runtime.devices.runner import program


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(again, "WAITS", ())


def test_the_program_is_one_file_of_python_3_7_that_needs_nothing_of_edgezoo():
    tree = ast.parse(program(), feature_version=(3, 7))
    found = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in found if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in found if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)
    assert not any(isinstance(node, ast.ImportFrom) and node.level for node in found)


@pytest.mark.parametrize("name", ["bars_float32", "bars_int8", "bars_int16x8", "open_float32"])
def test_answers_are_those_of_litert(name, zoo, dataset, address):
    images = dataset.test.read(np.arange(70))
    path = getattr(zoo, name)
    file, found = prepare(path, (12, 12)), []
    answers_on(device_at(address()), [Setup(file, images.tobytes())], 70, lambda *answer: found.append(answer))
    ((scores, runtime),) = found
    assert runtime.startswith("ai-edge-litert ")
    np.testing.assert_array_equal(scores, load_runner(path, image_size=(12, 12)).predict(images))


def test_pixels_are_given_as_the_file_takes_them(zoo, dataset, address):
    """Against an interpreter loop of the test's own."""
    images, pixels, found = dataset.test.read(np.arange(20)), Pixels((100.0,), (50.0,)), []
    file = prepare(zoo.bars_float32, pixels=pixels)
    answers_on(device_at(address()), [Setup(file, images.tobytes())], 20, lambda scores, _: found.append(scores))
    interpreter = Interpreter(zoo.bars_float32)
    interpreter.allocate_tensors()
    for image, scores in zip(images, found[0], strict=True):
        values = ((image.astype(np.float32) - 100) / 50)[None]
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], values)
        interpreter.invoke()
        np.testing.assert_array_equal(scores, interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])


def test_files_take_turns_and_every_run_counts(zoo, address):
    files = [prepare(path) for path in (zoo.bars_float32, zoo.bars_int8)]
    setups = [Setup(file, bytes(144), threads) for file in files for threads in (1, 2)]
    steps = []
    rows, _ = latency_on(
        device_at(address()),
        setups,
        rounds=[[2, 0, 1, 3], [0, 1, 2, 3]],
        warm_up={"runs": 5, "seconds": 0},
        turn={"runs": 7, "seconds": 0, "warm_up": 2},
        advance=steps.append,
    )
    assert [len(row["times"]) for row in rows] == [14] * 4
    assert sum(steps) == 4 + 8
    assert all(row["peak_rss_bytes"] > 1 << 20 for row in rows)
    assert rows[0]["delegated"] == load_runner(zoo.bars_float32).delegated


def test_a_file_that_does_not_run_there_is_named(zoo, address, tmp_path, edited):
    def swap(model, schema):  # a dense layer without its weights
        dense = model.subgraphs[0].operators[-2]
        dense.inputs = [dense.inputs[0]] * len(dense.inputs)

    with open(zoo.bars_float32, "rb") as file:
        content = edited(file.read(), swap)
    (tmp_path / "bad.tflite").write_bytes(content)
    setup = Setup(prepare(tmp_path / "bad.tflite"), bytes(144))
    with pytest.raises(EdgezooError, match=r"bad\.tflite on local.*: .* cannot run it") as error:
        answers_on(device_at(address()), [setup], 1, lambda *answer: None)
    assert "\n" not in str(error.value)


def test_a_delegate_that_is_not_there(zoo, address):
    setup = Setup(prepare(zoo.bars_int8), bytes(144), delegate="libedgetpu.so.1")
    with pytest.raises(EdgezooError, match=r"the delegate libedgetpu\.so\.1 cannot be loaded there .*plugged in"):
        answers_on(device_at(address()), [setup], 1, lambda *answer: None)


def test_devices_run_tflite_files_only(zoo):
    with pytest.raises(EdgezooError, match=r"bars\.keras is a \.keras file, .* export it first"):
        prepare(zoo.keras)


def _elf(machine):
    """The head of a program for another processor (183: AArch64)."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, machine, 1) + bytes(40) + b"\n"


def test_a_python_for_another_processor(address, time_on, tmp_path):
    path = tmp_path / "python3"
    path.write_bytes(_elf(183))
    path.chmod(0o755)
    with pytest.raises(EdgezooError, match="cannot be executed there, as one built for another processor"):
        time_on(address(python=path))


LIBRARY = "ImportError('/lib/x.so: wrong ELF class: ELFCLASS32')"


@pytest.mark.parametrize(
    ("stub", "says"),
    [
        ("exit 126", "cannot be executed there"),
        ('echo "SyntaxError: invalid syntax" >&2; exit 1', "older than 3.7"),
        ("echo 'weird: \x1b[31mred' >&2; exit 9", r"started there, status 9 \('weird: \\x1b\[31mred'\)"),
        (f"exec {sys.executable} -I -S \"$@\"", r"lacks NumPy; there: \S+ -m pip install numpy"),
    ],
)  # fmt: skip
def test_what_python_lacks_is_told_with_the_remedy(stub, says, address, time_on, script):
    with pytest.raises(EdgezooError, match=says) as error:
        time_on(address(python=script("python", f"#!/bin/sh\n{stub}\n")))
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("raise ModuleNotFoundError(name='ai_edge_litert')", "lacks ai-edge-litert or tflite-runtime; there: "),
        (f"raise {LIBRARY}", r"cannot be loaded by Python [\d.]+ on \w+ \(.*ELFCLASS32\); install there the one for"),
    ],
)  # fmt: skip
def test_a_runtime_that_is_missing_or_of_another_processor(module, says, address, time_on, script, tmp_path):
    (tmp_path / "ai_edge_litert").mkdir()
    (tmp_path / "ai_edge_litert" / "__init__.py").write_text(module)
    stub = script("python", f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    with pytest.raises(EdgezooError, match=says):
        time_on(address(python=stub))


REPLIES = {
    "no JSON": b"hello\n",
    "no end of a greeting": b"Welcome!\n" * 500,
    "a list": b"[1]\n",
    "nothing of what belongs there": b'{"size": 0}\n',
    "a size that is none": b'{"size": -1, "has": []}\n',
    "a description of other types": b'{"size": 0, "has": [], "before": {"cpu": ["x"], "cores": 1e300}}\n',
    "deep": b"[" * 100_000 + b"\n",
    "an error that moves the cursor": json.dumps({"size": 0, "error": "\x1b[2J\nError: root"}).encode() + b"\n",
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_a_device_that_talks_nonsense(reply, address, time_on, script, tmp_path):
    (tmp_path / "reply").write_bytes(reply)
    stub = script("python", f"#!/bin/sh\ncat {tmp_path}/reply; sleep 0.2\n")
    with pytest.raises(EdgezooError) as error:
        time_on(address(python=stub))
    assert str(error.value).isprintable() and len(str(error.value)) < 600


@pytest.mark.parametrize(
    "row",
    [
        {"setup": 7, "round": 0, "times": [1, 2, 3, 4, 5]},
        {"setup": 0, "round": 0, "times": [1, 2, 3, 4, -5]},
        {"setup": 0, "round": 0, "times": ["1"] * 5},
        {"setup": 0, "round": 0, "times": [1]},
        {"setup": 0, "init_ms": 1, "first_ms": 1e999, "runtime": "x", "nodes": []},
        {"setup": 0, "init_ms": 1, "first_ms": 1, "runtime": "x", "nodes": [[0, "ADD", "x", []]]},
    ],
)
def test_rows_that_no_runner_sends(row, address, time_on, script):
    lines = [
        {"size": 0, "has": [], "before": {}},
        *[{"size": 0}] * 3,
        {"size": 0, "row": row},
        {"size": 0, "after": {}},
    ]
    replies = "".join(json.dumps(line) + "\n" for line in lines)
    stub = script("python", f"#!/bin/sh\ncat <<'E'\n{replies}E\nsleep 0.5\n")
    with pytest.raises(EdgezooError, match="does not answer as the runner does"):
        time_on(address(python=stub), turns=1)
