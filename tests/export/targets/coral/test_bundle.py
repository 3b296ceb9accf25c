"""What a Coral bundle runs, and with what: the compiled file where the Edge TPU's library is, else the plain one."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from edgezoo.export import export_for_targets

#: A delegate that loads, and takes no operator.
DELEGATE = """
#include <stdint.h>
typedef struct Delegate {
    void *data; int (*prepare)(void *, struct Delegate *); void *from; void *to; void *free_handle; int64_t flags;
    void *builder;
} Delegate;
static int prepare(void *context, Delegate *delegate) { return 0; }
static Delegate delegate = {0, prepare};
Delegate *tflite_plugin_create_delegate(char **keys, char **values, unsigned long count, void (*error)(const char *)) {
    return &delegate;
}
void tflite_plugin_destroy_delegate(Delegate *delegate) {}
"""


@pytest.fixture(scope="module")
def bundle(fixed, pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("coral")
    (made,), failures = export_for_targets(fixed.path, folder, ["coral"], calibration=pictures.calibration)
    assert not failures
    Image.fromarray(pictures.test[0, ..., 0]).save(folder / "picture.png")
    # As if it had been compiled; no compiler is here.
    shutil.copy(made / "net_int8.tflite", folder / "compiled")
    return made


@pytest.fixture
def run(bundle):
    def classify(*words, libraries=""):
        command = [sys.executable, bundle / "classify.py", bundle.parent / "picture.png", *words]
        found = os.environ | {"LD_LIBRARY_PATH": str(libraries)}
        done = subprocess.run(command, env=found, capture_output=True, text=True)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return classify


@pytest.fixture
def compiled(bundle):
    path = bundle / "net_int8_edgetpu.tflite"
    shutil.copy(bundle.parent / "compiled", path)
    yield path.name
    path.unlink()


@pytest.fixture
def library(tmp_path):
    """A folder with a ``libedgetpu.so.1`` that has no Edge TPU."""
    if not shutil.which("cc"):
        pytest.skip("there is no C compiler")
    command = ["cc", "-x", "c", "-shared", "-fPIC", "-o", tmp_path / "libedgetpu.so.1", "-"]
    subprocess.run(command, input=DELEGATE, text=True, check=True)
    return tmp_path


def test_without_the_library_the_plain_file_runs_on_the_cpu(run, compiled):
    done = run()
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    lines = done.stderr.splitlines()
    assert re.match(
        r"libedgetpu\.so\.1 cannot be loaded: .*; apt install libedgetpu1-std, from Coral; on the", lines[0]
    )
    assert lines[1] == "net_int8.tflite on the CPU"


@pytest.mark.parametrize(
    "words", [("--model", "net_int8_edgetpu.tflite"), ("--delegate", "libedgetpu.so.1"), ("--delegate", "./none.so")]
)
def test_what_was_asked_for_and_is_not_there_is_named(run, compiled, words):
    done = run(*words)
    assert done.returncode == 1 and not done.stdout
    assert re.match(r"(libedgetpu\.so\.1|\./none\.so) cannot be loaded: .*; (apt )?install ", done.stderr)


def test_with_the_library_the_compiled_file_runs_by_it(run, compiled, library):
    plain, done = run("--json"), run("--json", libraries=library)
    assert done.returncode == 0, done.stderr
    assert f"{compiled} with libedgetpu.so.1" in done.stderr
    assert json.loads(done.stdout)["score"] == json.loads(plain.stdout)["score"]
    done = run("--model", "net_int8.tflite", libraries=library)
    assert "net_int8.tflite on the CPU" in done.stderr


def test_systemd_takes_the_unit(bundle, tmp_path):
    if not shutil.which("systemd-analyze") or not os.path.exists("/usr/lib/systemd/system/sysinit.target"):
        pytest.skip("systemd is not here")
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    python = tmp_path / "opt/classify/venv/bin/python"
    python.parent.mkdir(parents=True)
    shutil.copy("/bin/true", python)
    shutil.copy(bundle / "classify.service", tmp_path / "usr/lib/systemd/system")
    verify = ["systemd-analyze", "verify", "--man=no", f"--root={tmp_path}", "classify.service"]
    done = subprocess.run(verify, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    judge = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--threshold=20",
        f"--root={tmp_path}",
        "classify.service",
    ]
    judged = subprocess.run(judge, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout  # exposed to 2.0 of 10 at most


def test_the_rules_are_of_the_edge_tpus_devices(bundle):
    rules = [line for line in (bundle / "70-edgetpu.rules").read_text().splitlines() if line[:1] != "#"]
    grammar = r'[A-Z]+(\{\w+\})?(==|=)"[^"]*"'
    assert all(re.fullmatch(rf"{grammar}(, {grammar})*", rule) for rule in rules)
    assert re.findall(r'\{idVendor\}=="(\w+)", ATTR\{idProduct\}=="(\w+)"', "\n".join(rules)) == [
        ("1a6e", "089a"),
        ("18d1", "9302"),
    ]
