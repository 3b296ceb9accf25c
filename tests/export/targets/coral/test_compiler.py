"""The compiler, played by scripts: one that works, and those that do not."""

import re
import time

import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export.targets import TARGETS
from edgezoo.export.targets.checking import ACCELERATOR
from edgezoo.export.targets.coral import compiler

NAME = "edgetpu-custom-op"
VERSION = "echo 'Edge TPU Compiler version 16.0.384591198'\n"
#: $3 is the output folder.
TABLE = """cat > "$3/model_edgetpu.log" <<'END'
Edge TPU Compiler version 16.0.384591198
Input: model.tflite
Output: model_edgetpu.tflite

Operator                       Count      Status

RELU                           2          Mapped to Edge TPU
RELU                           1          More than one subgraph is not supported
HARD_SWISH                     1          Operation not supported
END
"""


@pytest.fixture
def source(tflite, tmp_path):
    """RELU, RELU, HARD_SWISH, RELU."""
    path = tmp_path / "my net.tflite"
    path.write_bytes(tflite(["RELU", "RELU", "HARD_SWISH", "RELU"]))
    return path


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """``stand_in(script)`` puts it on the PATH as the compiler."""

    def put(script):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "edgetpu_compiler"
        program.write_text(f"#!/bin/sh\n{script}")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        return program

    return put


@pytest.fixture
def working(stand_in, tflite, package, tmp_path):
    """A compiler that writes a file and says in its log what it has left on the CPU."""
    made = tmp_path / "made.tflite"
    made.write_bytes(tflite([NAME, "HARD_SWISH", "RELU"], {NAME: package()}, first=2))
    stand_in(f'{VERSION}{TABLE}cp "{made}" "$3/model_edgetpu.tflite"\n')


def test_the_log_overrules_the_rules(source, stand_in, tmp_path):
    made = tmp_path / "garbled.tflite"
    made.write_bytes(b"no file at all")
    table = re.sub("RELU .* 2 ", "RELU 3 ", re.sub("RELU .* 1 .*\n", "", TABLE))
    stand_in(f'{VERSION}{table}cp "{made}" "$3/model_edgetpu.tflite"\n')
    found = TARGETS["coral"].check(source)
    assert found.by == "edgetpu_compiler 16.0.384591198"
    assert [each.where for each in found.operators] == ["accelerator", "accelerator", "cpu", "accelerator"]


def test_counts_are_dealt_to_operators(source, working):
    found = TARGETS["coral"].check(source)
    assert found.by == "edgetpu_compiler 16.0.384591198"
    assert [each.where for each in found.operators] == ["accelerator", "accelerator", "cpu", "cpu"]
    assert "follows operator 2" in found.operators[3].reason and "HARD_SWISH" in found.operators[2].reason


def test_compile_gives_file_log_and_figures(source, working, tmp_path):
    made = TARGETS["coral"].compile(source, tmp_path / "new" / "out")
    assert [file.name for file in made["files"]] == ["my net_edgetpu.tflite", "my net_edgetpu.log"]
    assert all(file.is_file() for file in made["files"]) and made["figures"]["cached_bytes"] == 1000
    assert sorted(each.name for each in (tmp_path / "new" / "out").iterdir()) == sorted(f.name for f in made["files"])
    with pytest.raises(EdgezooError, match="already"):
        TARGETS["coral"].compile(made["files"][0], tmp_path)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("kill -SEGV $$\n", "was ended by SIGSEGV"),
        ("echo what is that >&2\nexit 3\n", "status 3; its last words: what is that"),
        ("echo hello\n", "does not answer as Coral's edgetpu_compiler does, but: hello"),
        ("", "but: nothing"),
        ("head -c 100 /dev/zero\n", "does not answer"),
        (VERSION, "without an error, and without a compiled file"),
        (f'{VERSION}: > "$3/model_edgetpu.tflite"\n', "without a compiled file"),
        (f"{VERSION}echo 'Compilation failed!'\nexit 1\n", "no reason that it names"),
        (f'{VERSION}echo TFL3 > "$3/model_edgetpu.tflite"\n', "damaged"),
        (f'{VERSION}head -c 300 "$4" > "$3/model_edgetpu.tflite"\n', "damaged"),
        (f'{VERSION}cp "$4" "$3/model_edgetpu.tflite"\n', "leaves all of it to the CPU"),
        ("printf '\\033]0;x\\007\\0\\377\\n'; exit 2\n", r"status 2; its last words: '\\x1b\]0;x"),
        ("head -c 100000000 /dev/zero\n", "does not answer"),
    ],
)
def test_compilers_that_do_not_work_are_one_line_each(source, stand_in, tmp_path, script, message):
    stand_in(script)
    with pytest.raises(EdgezooError, match=message) as caught:
        TARGETS["coral"].compile(source, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not [*(tmp_path / "out").iterdir()], "nothing is left of it"


def test_one_that_hangs_is_stopped_with_its_children(source, stand_in, tmp_path, monkeypatch):
    stand_in(f"{VERSION}(sleep 2; touch '{tmp_path}/alive') &\nwait\n")
    monkeypatch.setattr(compiler, "TIMEOUT_S", 0.3)
    began = time.monotonic()
    with pytest.raises(EdgezooError, match=r"did not end within 0\.3 s"):
        compiler.run_compiler(source, tmp_path)
    assert time.monotonic() - began < 1.9
    time.sleep(max(0, 2.2 - (time.monotonic() - began)))
    assert not (tmp_path / "alive").exists()


def test_without_its_answer_the_rules_answer_and_say_so(source, stand_in):
    rules = [each.where for each in TARGETS["coral"].check(source).operators]
    stand_in("echo hello\n")
    found = TARGETS["coral"].check(source)
    assert "static rules" in found.by and [each.where for each in found.operators] == rules
    assert "does not answer" in found.notes[-1]
    stand_in(f'{VERSION}{TABLE.replace("RELU  ", "GELU  ")}echo x > "$3/model_edgetpu.tflite"\n')
    assert "does not speak of this file's operators" in TARGETS["coral"].check(source).notes[-1]


def test_what_it_refuses_is_refused(source, stand_in):
    stand_in(f"{VERSION}echo 'Invalid model: model.tflite'; echo 'Model not quantized'\nexit 1\n")
    found = TARGETS["coral"].check(source)
    assert (
        "not quantized" in found.refused and "--quantize int8" in found.remedy and found.by.endswith("16.0.384591198")
    )


def test_open_sizes_are_refused(tflite, tmp_path):
    path = tmp_path / "open.tflite"
    path.write_bytes(tflite(["RELU"], signature=[-1, -1, -1, 8]))
    found = TARGETS["coral"].check(path)
    assert "open (?×?×?×8)" in found.refused and "batch 1" in found.remedy


def test_an_open_batch_is_compiled_as_one(tflite, tmp_path):
    path = tmp_path / "batch.tflite"
    path.write_bytes(tflite(["RELU"], signature=[-1, 4, 4, 8]))
    found = TARGETS["coral"].check(path)
    assert not found.refused and [each.where for each in found.operators] == [ACCELERATOR]


def test_it_is_not_here(source, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EdgezooError, match="not on the PATH"):
        TARGETS["coral"].compile(source, tmp_path / "out")
