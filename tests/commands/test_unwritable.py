"""Outputs that cannot be written are refused before the work; a disk that fills up during it is named."""

import os
import sys

import click.testing
import numpy as np
import pytest

from edgezoo.cli import main
from edgezoo.zoo import build, save_model

from ..forked import run
from ..rendered import shapes

#: Command → what it is given, without its -o; the inputs do not exist, which would be said if they were looked at.
COMMANDS = {
    "build": ["strided_xs", "--weights", "missing.keras"],
    "datasets": ["./missing"],
    "train": ["strided_xs", "--data", "./missing"],
    "export": ["missing.keras", "--data", "./missing"],
    "compare": ["missing.tflite", "--data", "./missing"],
    "explain": ["missing.keras", "--what", "filters"],
    "experiment": ["depth", "--data", "./missing"],
    "quickstart": ["--data", "./missing"],
}
NAMES = {"build": "x.keras", "datasets": "x.png", "explain": "x.png"}


def error_of(command, output):
    """The one line of a command that must fail with exit 1."""
    result = click.testing.CliRunner().invoke(main, [command, *COMMANDS[command], "-o", str(output)])
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", COMMANDS)
def test_what_cannot_be_written_is_refused_before_the_work(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    name = NAMES.get(command, "x")
    for output, says in [
        (tmp_path / "file" / "deep" / name, f"{tmp_path}/file is a file; give a folder for the "),
        (f"/proc/{name}", "cannot be written to ("),
    ]:
        line = error_of(command, output)
        folder = os.path.dirname(output) if command in NAMES else output
        assert line.startswith(f"Error: {folder}") and says in line
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    assert f"{tmp_path} cannot be written to (Permission denied)" in error_of(command, tmp_path / name)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("command", ["train", "export", "compare", "experiment", "quickstart"])
def test_a_file_in_the_place_of_the_folder(command, tmp_path):
    (tmp_path / "file").touch()
    assert error_of(command, tmp_path / "file").startswith(f"Error: {tmp_path}/file is a file; give a folder for the ")


@pytest.mark.parametrize("command", NAMES)
def test_a_folder_in_the_place_of_the_file(command, tmp_path):
    (tmp_path / NAMES[command]).mkdir()
    assert f"{NAMES[command]} is a folder; give the name of a file" in error_of(command, tmp_path / NAMES[command])


#: The command line where no file may have more than so many bytes: a full disk for everybody, root included.
SMALL_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from edgezoo.cli import main
main(sys.argv[2:])
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    images, labels = shapes(240, side=16, channels=1)
    np.savez(
        folder / "shapes.npz", x_train=images[:200], y_train=labels[:200], x_test=images[200:], y_test=labels[200:]
    )
    save_model(build("strided_xs"), folder / "m.keras")
    return folder


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("build strided_xs -o {out}/m.keras", "/m.keras"),
        ("datasets {inputs}/shapes.npz -o {out}/sheet.png", "/sheet.png"),
        ("train strided_xs --data {inputs}/shapes.npz -o {out} --precision float32", "/checkpoint.npz"),
        ("export {inputs}/m.keras -o {out} --quantize float32", ""),
        ("explain {inputs}/m.keras --what filters -o {out}/filters.svg", "/filters.svg"),
    ],
)
def test_no_space_is_told_with_the_path(command, named, inputs, tmp_path):
    words = command.format(inputs=inputs, out=tmp_path / "out").split()
    result = run([sys.executable, "-c", SMALL_FILES, "2000", *words])
    assert result.returncode == 1, result.stderr
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert f"{tmp_path}/out{named} cannot be written: files may not grow as large here" in line
    assert "Traceback" not in result.stderr and result.stdout == ""
    assert not list(tmp_path.rglob(".tmp-*"))


@pytest.mark.parametrize("words", [["targets"], ["targets", "--json"]], ids=" ".join)
def test_a_standard_output_that_is_full_is_told(words):
    code = f"import os\nos.dup2(os.open('/dev/full', os.O_WRONLY), 1)\nfrom edgezoo.cli import main\nmain({words})"
    result = run([sys.executable, "-c", code])
    assert result.returncode == 1
    assert "Error: the standard output cannot be written: no space is left on its disk" in result.stderr
