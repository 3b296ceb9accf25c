"""Bundles for devices: what is in them, what is converted once, and what a target that fails leaves of the others."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256, write_json
from edgezoo.common.fit import Fit
from edgezoo.export import TARGETS, conversion, export_for_targets, for_targets, staging
from edgezoo.export.bundle import trained_on_beside
from edgezoo.export.conversion import Converted
from edgezoo.export.converter import Job
from edgezoo.export.forms import Form
from edgezoo.export.targets import Tool
from edgezoo.export.targets.coral import compiler as coral_compiler
from edgezoo.export.targets.ethos_u import vela
from edgezoo.inspection.graph import read_graph, read_graphs
from edgezoo.train.run_folder import RunFolder

from ..rendered import CLASSES
from ..schemas import assert_valid

#: One target of each kind.
KINDS = ("phone", "phone-gpu", "coral", "ethos-u55-128", "tflm", "browser", "raspberry-pi")
VERSION = "echo 'Edge TPU Compiler version 16.0.384591198'\n"


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


def files_in(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def content_of(folder):
    return {name: sha256(folder / name) for name in files_in(folder)}


@pytest.fixture(scope="module")
def made(fixed, pictures, tmp_path_factory):
    """Bundles of one network for a target of each kind, and the jobs that were converted for them."""
    out, jobs = tmp_path_factory.mktemp("devices"), []

    def counting(queue):
        for job, error in convert_all(queue):
            jobs.append(job)
            yield job, error

    convert_all = conversion.convert_all
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversion, "convert_all", counting)
        folders, failures = export_for_targets(fixed.path, out, KINDS, calibration=pictures.calibration)
    assert not failures and folders == [out / name for name in KINDS]
    return SimpleNamespace(out=out, jobs=[job for job in jobs if isinstance(job, Job)])


@pytest.fixture
def converted(fixed, monkeypatch):
    """Conversions give files that are there already."""

    def convert(prepared, forms, staging, *, all_or_none):
        return [Converted(form, fixed.files[form.scheme].name, fixed.files[form.scheme], None, None) for form in forms]

    monkeypatch.setattr(for_targets, "convert", convert)


@pytest.fixture
def ready(converted, monkeypatch, tmp_path):
    """``ready(targets, …)``: such an export, of a model that is not there; gives ``(folders, failures)``."""
    origin = {"file": "net.keras", "sha256": "a" * 64, "name": "net"}
    path = tmp_path / "run" / "net.keras"

    def prepare(path, forms, **options):
        facts = {"labels": list(CLASSES), "pixels": None, "refused": {}, "samples": None, "fit": Fit()}
        return SimpleNamespace(path=path, origin=origin, **facts)

    monkeypatch.setattr(for_targets, "prepare", prepare)
    return lambda targets, *schemes, **options: export_for_targets(path, tmp_path / "out", targets, schemes, **options)


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Puts a shell script in the place of Coral's compiler."""

    def put(script):
        path = tmp_path / "bin" / "edgetpu_compiler"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(path.parent), prepend=":")

    return put


def test_what_targets_take_alike_is_converted_once(made):
    forms = [(job.scheme, job.io, job.per_channel_dense) for job in made.jobs if "trial-" not in job.output]
    assert sorted(forms) == [("float16", "float32", True), ("int8", "uint8", False), ("int8", "uint8", True)]


@pytest.mark.parametrize("name", KINDS)
def test_a_bundle_has_all_that_its_manifest_says_and_no_more(made, name):
    folder = made.out / name
    manifest = manifest_of(folder)
    assert_valid(manifest, "export", "manifest")
    assert files_in(folder) == {*manifest["files"], "manifest.json"}
    assert all(sha256(folder / file) == checksum for file, checksum in manifest["files"].items())
    assert {"example.py", "README.md", "labels.txt"} <= set(manifest["files"])
    assert len((folder / "README.md").read_text().splitlines()) <= 40
    assert manifest["target"]["name"] == name
    (entry,) = manifest["models"]
    assert TARGETS[name].accepts(entry["scheme"], entry["inputs"][0]["dtype"])
    if entry["check"]:
        assert entry["check"]["total"] == sum(entry["operators"].values())
    for part in ("compiled", "packaged"):
        assert entry.get(part) is None or set(entry[part]["files"]) <= set(manifest["files"])
        assert (entry.get(part, ...) is None) == (f"not_{part}" in entry)


def test_coral_and_ethos_u_run_all_of_it(made):
    for name in ("coral", "ethos-u55-128"):
        check = manifest_of(made.out / name)["models"][0]["check"]
        assert check["accelerated"] == check["total"] and not check["reasons"]


def test_dense_layers_have_a_scale_per_channel_but_for_coral(made):
    for name, several in (("coral", False), ("phone", True)):
        graph = read_graph(made.out / name / "net_int8.tflite")
        scales = [len(graph.tensors[each.inputs[1]].scale) for each in graph.operators if each.op == "FULLY_CONNECTED"]
        assert scales and all((count > 1) == several for count in scales)


def test_an_ethos_u_gets_what_vela_makes_and_sources_of_it(made):
    folder = made.out / "ethos-u55-128"
    (entry,) = manifest_of(folder)["models"]
    compiled, table = entry["compiled"]["files"]
    assert [each.op for each in read_graph(folder / compiled).operators] == ["ethos-u"]
    assert (folder / table).read_text().startswith("operator,runs,output,cycles,macs,utilization\n")
    assert "layers" not in entry["compiled"]["figures"] and entry["compiled"]["figures"]["cycles"] > 0
    program, array = (folder / "main.cc").read_text(), (folder / "model.cc").read_text()
    assert "resolver.AddEthosU()" in program and "ethosu_init" in program
    numbers = bytes(int(text, 16) for text in array.split("{")[1].split("}")[0].replace(",", " ").split())
    assert numbers == (folder / compiled).read_bytes()
    # The arena holds the tensors that the NPU works in.
    scratch = [each.shape[0] for each in read_graph(folder / compiled).tensors if each.name == "scratch"]
    assert entry["packaged"]["figures"]["arena"] >= max(scratch)


@pytest.mark.parametrize("name", ["phone", "coral", "browser"])
def test_the_example_runs_in_every_bundle(made, name, tmp_path):
    Image.new("L", (24, 24)).save(tmp_path / "black.png")
    command = [sys.executable, made.out / name / "example.py", tmp_path / "black.png"]
    shown = subprocess.run(command, capture_output=True, text=True)
    assert shown.returncode == 0 and shown.stdout.split()[1] in CLASSES
    if name == "coral":
        command += [manifest_of(made.out / name)["models"][0]["file"], "libedgetpu.so.1"]
        refused = subprocess.run(command, capture_output=True, text=True)
        assert "cannot be read with libedgetpu.so.1" in refused.stderr and "Traceback" not in refused.stderr


def test_a_format_that_a_target_refuses_leaves_the_others(ready, tmp_path):
    folders, failures = ready(["coral", "phone"], "float32")
    assert folders == [tmp_path / "out" / "phone"]
    assert failures == ["coral: it takes int8 with uint8 in and out; float32 was asked for."]
    folders, failures = ready(["coral", "browser"], "int8", io="int8")
    assert not folders and all("int8 with int8 was asked for" in failure for failure in failures)


def recurrent(folder):
    image = keras.Input((24, 24))
    network = keras.Model(image, keras.layers.Dense(4)(keras.layers.LSTM(2)(image)))
    network.save(folder / "recurrent.keras")
    return folder / "recurrent.keras"


def test_a_format_that_the_model_cannot_have_leaves_the_others(converted, variable, pictures, tmp_path):
    for model, why in (
        (variable.path, "fixed input size.*give --input-size"),
        (recurrent(tmp_path), "export it with --quantize float32"),
    ):
        out = tmp_path / model.stem
        folders, (failure,) = export_for_targets(model, out, KINDS, calibration=pictures.calibration)
        assert folders == [out / "phone-gpu"] and files_in(out) == {f"phone-gpu/{name}" for name in files_in(*folders)}
        assert failure.startswith("phone, coral, ethos-u55-128, tflm, browser, raspberry-pi: ")
        assert re.search(why, failure)
        folders, _ = export_for_targets(model, out, KINDS, ["float32"])
        assert [folder.name for folder in folders] == ["phone", "phone-gpu", "browser", "raspberry-pi"]
    folders, (failure,) = export_for_targets(variable.path, tmp_path / "none", ["coral"], input_sizes=[24])
    assert not folders and "give them with --data" in failure and not (tmp_path / "none").exists()


def test_several_formats_come_in_one_bundle(ready, tmp_path):
    ready(["phone"], "int8", "float32")
    assert [entry["scheme"] for entry in manifest_of(tmp_path / "out" / "phone")["models"]] == ["int8", "float32"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("kill -SEGV $$\n", "was ended by SIGSEGV"),
        (VERSION, "without an error, and without a compiled file"),
        ("echo hello\n", "does not answer as Coral's"),
        (f'{VERSION}echo TFL3 > "$3/model_edgetpu.tflite"\n', "damaged"),
        (f'{VERSION}for last; do :; done; cp "$last" "$3/model_edgetpu.tflite"\n', "leaves all of it to the CPU"),
        (f"{VERSION}sleep 60\n", r"did not end within 0\.2 s"),
    ],
)
def test_a_compiler_that_fails_takes_its_own_target_along(ready, compiler, tmp_path, monkeypatch, script, why):
    monkeypatch.setattr(coral_compiler, "TIMEOUT_S", 0.2 if "sleep" in script else 60)
    compiler(script)
    folders, failures = ready(["coral", "browser"])
    (failure,) = failures
    assert failure.startswith("coral: ") and "\n" not in failure
    assert re.search(why, failure)
    assert files_in(tmp_path / "out") == {f"browser/{name}" for name in files_in(folders[0])}


def test_what_a_compiler_makes_is_in_the_bundle(ready, monkeypatch):
    def compile(path, folder, **settings):
        made = folder / f"{path.stem}_edgetpu.tflite"
        shutil.copy(path, made)
        return {"files": [made], "figures": settings}

    coral = dataclasses.replace(TARGETS["coral"], compile=compile, tool=Tool("numpy", "", is_package=True))
    monkeypatch.setattr(for_targets, "TARGETS", {"coral": coral})
    (folder,), failures = ready(["coral"], settings=[("runtime", 13)])
    assert not failures
    manifest = manifest_of(folder)
    assert manifest["models"][0]["compiled"] == {"files": ["net_int8_edgetpu.tflite"], "figures": {"runtime": 13}}
    assert manifest["target"]["settings"] == {"runtime": 13} and manifest["target"]["tool"].startswith("numpy ")
    assert "example.py PICTURE net_int8_edgetpu.tflite libedgetpu.so.1" in (folder / "README.md").read_text()


def test_a_vela_that_dies_is_one_line_each(ready, monkeypatch):
    monkeypatch.setattr(vela, "_PROGRAM", (sys.executable, "-c", "import os; os.abort()"))
    folders, failures = ready(["ethos-u55-32", "ethos-u85-128", "browser"])
    assert [folder.name for folder in folders] == ["browser"]
    assert len(failures) == 2 and all("SIGABRT" in failure for failure in failures)


def test_without_their_tools_targets_have_plain_files(ready, monkeypatch, capsys):
    monkeypatch.setattr(Tool, "found", lambda tool: None)
    monkeypatch.setattr(vela, "installed", lambda: None)
    folders, failures = ready(["coral", "ethos-u55-128", "ethos-u65-256"])
    assert len(folders) == 3 and not failures
    for folder in folders:
        entry = manifest_of(folder)["models"][0]
        assert entry["compiled"] is None and entry["not_compiled"].count("is not here") == 1
    told = capsys.readouterr().err
    assert "ethos-u55-128, ethos-u65-256: nothing is compiled: ethos-u-vela is not here; pip install" in told


def test_what_falls_back_is_noted_and_what_runs_nowhere_fails(ready, fixed, monkeypatch, capsys, tmp_path, edited):
    _, failures = ready(["phone"])
    assert not failures and "fall back to the CPU, the first of them" in capsys.readouterr().err

    def rename(model, schema):
        for code in model.operatorCodes:
            if code.builtinCode == schema.BuiltinOperator.SOFTMAX:
                code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
                code.customCode = b"Mystery"

    strange = tmp_path / "strange.tflite"
    strange.write_bytes(edited(fixed.files["int8"].read_bytes(), rename))
    form = Form("int8", "uint8")
    converted = [Converted(form, "strange.tflite", strange, None, None)]
    monkeypatch.setattr(for_targets, "convert", lambda *arguments, **options: converted)
    _, (failure,) = ready(["browser"])
    assert "runs nowhere: LiteRT.js has no custom operators; use built-in operators only" in failure


def test_a_bundle_replaces_the_one_before_and_nothing_else(ready, tmp_path):
    folder = tmp_path / "out" / "browser"
    ready(["browser"], "float32")
    (folder / "mine").mkdir()
    (folder / "mine" / "it.txt").write_text("mine")
    (folder / "link").symlink_to("mine")
    (folder / "index.html").write_text("edited")
    ready(["browser"], "int8")
    assert "net_float32.tflite" not in files_in(folder) and (folder / "link" / "it.txt").read_text() == "mine"
    assert files_in(folder) == {*manifest_of(folder)["files"], "manifest.json", "mine/it.txt"}
    assert sha256(folder / "index.html") == manifest_of(folder)["files"]["index.html"]


@pytest.mark.parametrize("error", [EdgezooError("no luck"), KeyboardInterrupt()])
def test_what_was_there_stays_where_the_new_one_fails(ready, tmp_path, monkeypatch, error):
    ready(["browser"])
    before = content_of(tmp_path / "out")

    def fail(*arguments):
        raise error

    monkeypatch.setattr(for_targets, "write_readme", fail)
    if isinstance(error, EdgezooError):
        assert ready(["browser", "raspberry-pi"]) == ([], ["browser, raspberry-pi: no luck"])
    else:
        with pytest.raises(KeyboardInterrupt):
            ready(["browser", "raspberry-pi"])
    assert content_of(tmp_path / "out") == before


def test_an_interrupted_replacement_leaves_what_was_there(ready, tmp_path, monkeypatch):
    ready(["browser"], "float32")
    before, rename = content_of(tmp_path), os.rename

    def interrupted(source, place):
        if place == tmp_path / "out" / "browser" and "before" not in str(source):
            raise KeyboardInterrupt
        rename(source, place)

    monkeypatch.setattr(staging.os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ready(["browser"], "int8")
    assert content_of(tmp_path) == before


def test_what_stays_can_be_in_the_way(ready, tmp_path):
    folder = tmp_path / "out" / "browser"
    (folder / "README.md").mkdir(parents=True)
    (folder / "README.md" / "mine.txt").write_text("mine")
    before = content_of(tmp_path)
    folders, (failure,) = ready(["browser", "phone"])
    assert failure.startswith(f"browser: {folder} cannot be replaced: ") and "README.md" in failure
    assert folders == [tmp_path / "out" / "phone"]
    assert content_of(folder) == {name.removeprefix("out/browser/"): each for name, each in before.items()}
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EdgezooError, match="browser is a link"):
        ready(["browser"])


def test_images_that_were_trained_on_are_known_in_the_bundle(ready, tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    (run.path / "net.keras").touch()
    write_json(run.record, {"results": {"model_sha256": sha256(run.path / "net.keras")}})
    run.keep_trained_on(np.arange(5, dtype=np.uint64))
    (folder,), _ = ready(["browser"])
    known = trained_on_beside(folder / "net_int8.tflite")
    assert known == folder / "trained_on.npy" and sha256(known) == sha256(run.trained_on)
    run.trained_on.unlink()
    ready(["browser"])
    assert trained_on_beside(folder / "net_int8.tflite") is None and not known.exists()


def test_names_in_a_manifest_never_lead_out_of_the_bundle(ready, tmp_path):
    (tmp_path / "out" / "browser").mkdir(parents=True)
    outside = tmp_path / "out" / "precious.txt"
    outside.write_text("mine")
    manifest = {"model": {"file": "", "sha256": ""}, "models": []}
    manifest["files"] = {"../precious.txt": sha256(outside), str(outside): sha256(outside)}
    (tmp_path / "out" / "browser" / "manifest.json").write_text(json.dumps(manifest))
    ready(["browser"])
    assert outside.read_text() == "mine"


def test_one_file_for_several_sizes_is_for_runtimes_with_signatures(variable, pictures, tmp_path):
    options = {"calibration": pictures.calibration, "input_sizes": (24, 30), "one_file": True}
    folders, (failure,) = export_for_targets(variable.path, tmp_path, KINDS, **options)
    assert [folder.name for folder in folders] == ["phone", "phone-gpu", "browser", "raspberry-pi"]
    assert failure.startswith("coral, ethos-u55-128, tflm: ") and failure.endswith("without --one-file.")
    for folder in folders:
        (entry,) = manifest_of(folder)["models"]
        assert list(entry["signatures"]) == ["serving_24", "serving_30"] and entry["check"]["refused"] is None
        assert len(read_graphs(folder / entry["file"])) == 2


def test_sizes_are_files_of_one_bundle(fixed, ready, monkeypatch, tmp_path):
    other = tmp_path / "net_int8_24.tflite"
    shutil.copy(fixed.files["int8"], other)
    paths = (fixed.files["int8"], other)
    converted = [Converted(Form("int8", "uint8"), path.name, path, None, None) for path in paths]
    monkeypatch.setattr(for_targets, "convert", lambda *arguments, **options: converted)
    (folder,), failures = ready(["tflm"])
    assert not failures and len(manifest_of(folder)["models"]) == 2
    assert {"net_int8/main.cc", "net_int8_24/main.cc", "README.md"} <= files_in(folder)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (("memory_modes", "Sram_Only"), r"unknown setting 'memory_modes'; did you mean 'memory_mode'\?.*clock_hz"),
        (("clock_hz", "fast"), "clock_hz of ethos-u55-128 must be a number of hertz.*Received: 'fast'"),
        (("runtime", 9), "runtime of coral must be a version from 10 to 14"),
        (("every_subgraph", "yes please"), "every_subgraph of coral must be true or false"),
    ],
)
def test_settings_that_are_none(ready, tmp_path, setting, message):
    with pytest.raises(EdgezooError, match=message):
        ready(["coral", "ethos-u55-128"], settings=[setting])
    assert not (tmp_path / "out").exists()


def run(*arguments, status=0):
    result = CliRunner().invoke(main, ["export", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def test_on_the_command_line(ready, tmp_path):
    """``--quantize`` and ``--io`` count where they are given; what fails is said at the end."""
    arguments = "net.keras", "-o", tmp_path / "out", "--target"
    assert json.loads(run(*arguments, "phone-gpu", "--json").stdout)["models"][0]["scheme"] == "float16"
    several = json.loads(run(*arguments, "phone,browser", "--json").stdout)["bundles"]
    assert [bundle["target"]["name"] for bundle in several] == ["phone", "browser"]
    failed = run(*arguments, "coral,phone", "--quantize", "float32", "--json", status=1)
    assert len(json.loads(failed.stdout)["bundles"]) == 1
    assert "Error: coral: it takes int8" in failed.stderr
    assert json.loads(run(*arguments, "coral", "--io", "int8", "--json", status=1).stdout) == {"bundles": []}
    assert "did you mean 'coral'" in run(*arguments, "corall", status=2).stderr
    assert "--set is for --target" in run(*arguments[:-1], "--set", "runtime=13", status=2).stderr
