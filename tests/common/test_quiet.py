import os
import subprocess
import sys

import pytest

from edgezoo.common.quiet import quiet_import


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_native_writes_are_held_back_and_later_ones_shown():
    result = run(
        "import os\nfrom edgezoo.common.quiet import quiet_stderr\n"
        "with quiet_stderr():\n    os.write(2, b'noise')\nos.write(2, b'signal')"
    )
    assert result.stderr == "signal"


def test_what_was_held_back_is_shown_when_the_block_fails():
    result = run(
        "import os\nfrom edgezoo.common.quiet import quiet_stderr\n"
        "with quiet_stderr():\n    os.write(2, b'the cause')\n    raise ValueError('the failure')"
    )
    assert "the cause" in result.stderr
    assert "the failure" in result.stderr


@pytest.mark.parametrize(("own", "expected"), [(None, "true"), ("false", "false")])
def test_a_gpus_memory_is_taken_as_it_is_needed(monkeypatch, own, expected):
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    if own:
        monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", own)
    quiet_import("json")
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == expected


def test_importing_tensorflow_says_nothing():
    result = run("from edgezoo.common.quiet import import_tensorflow\nprint(import_tensorflow().__name__)")
    assert (result.stdout, result.stderr) == ("tensorflow\n", "")
