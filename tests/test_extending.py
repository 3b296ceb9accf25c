"""docs/extending.md, tried: its examples in a copy of the tree, and the same things as another package's."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
#: What each example is called, by the registry that finds it.
NEW = {
    "families": "PlainCNN",
    "models": "plain_xs",
    "datasets": "dots",
    "schemes": "float24",
    "runtimes": "bare",
    "devices": "docker",
    "targets": "toaster",
    "questions": "brightness",
    "experiments": "width",
    "columns": "kilobytes",
}

#: Uses all of them through the command line, in one process, and tells what it saw.
TOUR = r"""
import contextlib, io, json, sys
from pathlib import Path
from edgezoo.cli import main

def edgezoo(*arguments):
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out):
        main([*map(str, arguments)], standalone_mode=False)
    out.seek(0)
    return out.read()

def document(*arguments):
    return json.loads(edgezoo(*arguments, "--json"))

import numpy as np
from PIL import Image
Image.fromarray(np.arange(144, dtype=np.uint8).reshape(12, 12)).save("picture.png")
seen = {
    "targets": [row["name"] for row in document("targets")["targets"]],
    "datasets": [row["name"] for row in document("datasets")["datasets"]],
    "experiments": [row["name"] for row in document("experiment")["experiments"]],
    "models": [row["name"] for row in document("list")["models"]],
    "families": [row["family"] for row in document("list", "plain_xs")["models"]],
}
edgezoo("build", "plain_xs", "-o", "net.keras", "--input-shape", "12,12,1", "--classes", 2)
bundle = document("export", "net.keras", "-o", "out", "--quantize", "float32", "--quantize", "float24")
seen["schemes"] = [entry["scheme"] for entry in bundle["models"]]
benchmark = document("benchmark", "out/net_float32.tflite", "--runtime", "bare")["results"]
seen["runtimes"] = ["bare"] * (benchmark[0]["delegated"]["operators"] == 0)
from edgezoo.runtime.devices import DEVICES, device_at
seen["devices"] = [device_at("docker://box").scheme] * ("docker" in DEVICES)
Path("out/net_float24.tflite").rename("out/renamed.tflite")
results = document("compare", "net.keras", "out/renamed.tflite", "--data", "dots", "-o", "report")["results"]
seen["renamed"] = [results[1]["model"], results[1]["scheme"]]
seen["columns"] = Path("report/results.csv").read_text().partition("\n")[0].split(",")
seen["report"] = Path("report/report.html").read_text()
seen["table"] = edgezoo("compare", "net.keras", "out/renamed.tflite", "--data", "dots", "-o", "report")
explained = document("explain", "net.keras", "--image", "picture.png", "--what", "brightness", "-o", "brightness.png")
seen["questions"] = [explained["what"]] * Path("brightness.png").is_file()
print(json.dumps(seen))
"""


def examples():
    """``(new, lines)``: path → content of each new module; path → (line before, lines) of each change elsewhere."""
    new, lines = {}, {}
    for language, path, content in re.findall(r"```(python|diff)\n# (\S+)\n(.*?)```", PAGE, re.DOTALL):
        if language == "python":
            new[path] = content
        else:
            before, *added = content.splitlines()
            assert before[0] == " " and all(line[0] == "+" for line in added), path
            lines[path] = before[1:], [line[1:] for line in added]
    return new, lines


def process(folder, *arguments, path, check=True):
    env = {**os.environ, "PYTHONPATH": str(path)}
    result = subprocess.run([sys.executable, *map(str, arguments)], cwd=folder, env=env, capture_output=True, text=True)
    assert not check or result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result


def held_against_what_is_new(seen):
    for kind, name in NEW.items():
        assert name in seen[kind], kind
    assert seen["renamed"] == ["net", "float24"]
    assert ">kB<" in re.sub(r"\s", "", seen["report"]) and "kB" in seen["table"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The tree with every example added, as a package ``edgezoo`` in a folder for PYTHONPATH."""
    folder = tmp_path_factory.mktemp("tree")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    for name in listed.stdout.split("\n"):
        if name and (ROOT / name).is_file() and not name.startswith("benchmarks/peers_trained"):
            target = folder / "edgezoo" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    new, lines = examples()
    for name, content in new.items():
        assert not (ROOT / name).exists()
        (folder / "edgezoo" / name).write_text(content)
    for name, (before, added) in lines.items():
        text = (folder / "edgezoo" / name).read_text().splitlines()
        assert text.count(before) == 1, f"{name}: {before}"
        place = text.index(before) + 1
        (folder / "edgezoo" / name).write_text("\n".join([*text[:place], *added, *text[place:]]) + "\n")
    return folder


def test_each_kind_has_an_example_of_one_module_and_one_place():
    new, lines = examples()
    assert len(lines) == len(NEW) == len(re.findall(r"^## ", PAGE, re.MULTILINE))
    assert len(new) == len(NEW) - 2  # a named size and a column are lines alone


@pytest.mark.slow
def test_the_examples_appear_on_the_command_line_and_in_the_report(copy, tmp_path):
    held_against_what_is_new(json.loads(process(tmp_path, "-c", TOUR, path=copy).stdout.splitlines()[-1]))


@pytest.mark.slow
def test_contracts_name_what_is_missing_until_the_docs_are_made_anew(copy):
    """The docs check and the contracts fail with the words of what to do; that done, they pass."""
    tree = copy / "edgezoo"
    # Those of number formats and questions train a network first, and try a half-finished one of their own.
    names = " or ".join(name for kind, name in NEW.items() if kind not in ("schemes", "questions"))
    rooms = ("zoo", "datasets", "experiments", "evaluate", "export")
    contracts = [f"tests/{room}/test_contract.py" for room in rooms]
    pytest_of_new = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", names, *contracts)

    stale = process(tree, "benchmarks/render.py", "--check", path=copy, check=False)
    assert stale.returncode == 1
    for page in ("models.md", "datasets.md", "export.md", "explain.md", "measuring.md", "cli.md", "experiments.md"):
        assert page in stale.stderr

    before = process(tree, *pytest_of_new, path=copy, check=False).stdout
    for told in (
        "inspection.catalog",
        *(f"docs/{page}.md" for page in ("models", "datasets", "export", "experiments")),
    ):
        assert told in before, told
    assert "measuring.md" in before

    process(tree, "-m", "edgezoo.inspection.catalog", path=copy)
    process(tree, "benchmarks/render.py", path=copy)
    after = process(tree, *pytest_of_new, path=copy, check=False).stdout
    # An experiment is shown with its results, which take half an hour of training.
    assert re.findall(r"^FAILED \S+::(\S+)", after, re.MULTILINE) == ["test_an_experiment_is_whole[width]"], after[
        -3000:
    ]


@pytest.mark.slow
def test_another_package_adds_the_same_things(tmp_path):
    """The same modules outside of edgezoo, found by their entry points."""
    package = tmp_path / "site" / "more_for_edgezoo"
    package.mkdir(parents=True)
    new, lines = examples()
    for name, content in new.items():
        room = "edgezoo." + ".".join(Path(name).parts[:-1])
        above = room.rpartition(".")[0]
        content = re.sub(r"from \.\.(\w+)", rf"from {above}.\1", content)
        (package / Path(name).name).write_text(re.sub(r"from \.(\w+)", rf"from {room}.\1", content))
    settings = "\n".join(lines["zoo/models.py"][1])
    (package / "models.py").write_text(f"from edgezoo.zoo import register\n{settings}\n")
    column = "\n".join(line[4:] for line in lines["evaluate/columns.py"][1]).rstrip(",")
    (package / "columns.py").write_text(f"from edgezoo.evaluate import Column\nKILOBYTES = {column}\n")
    (package / "__init__.py").touch()
    points = re.search(r"```ini\n\[options\.entry_points\]\n(.*?)```", PAGE, re.DOTALL)[1]
    points = re.sub(r"^(\S+) =$", r"[\1]", points.replace("my_package", "more_for_edgezoo"), flags=re.MULTILINE)
    info = tmp_path / "site" / "more_for_edgezoo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: more-for-edgezoo\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(re.sub(r"^ +", "", points, flags=re.MULTILINE))

    tour = process(tmp_path, "-c", TOUR, path=tmp_path / "site")
    held_against_what_is_new(json.loads(tour.stdout.splitlines()[-1]))

    (package / "toaster.py").write_text("TARGET = 1 / 0")
    command = "from edgezoo.cli import main; main(['targets'])"
    broken = process(tmp_path, "-c", command, path=tmp_path / "site", check=False)
    assert broken.returncode == 1
    assert broken.stderr.startswith("Error: more_for_edgezoo.toaster:TARGET") and broken.stderr.count("\n") == 1
