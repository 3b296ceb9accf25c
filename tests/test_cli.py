"""The command line as a user meets it: a subprocess, its exit code, its two streams."""

import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgezoo import __version__

from . import forked
from .rendered import CLASSES, shapes

EDGEZOO = str(Path(sys.executable).with_name("edgezoo"))


def edgezoo(*arguments, cwd=None, check=True, run=forked.run):
    """Runs the installed program. A failure is one line on stderr; stdout of ``--json`` is one document."""
    result = run([EDGEZOO, *map(str, arguments)], cwd=cwd)
    assert "Traceback" not in result.stderr, result.stderr
    if check:
        assert result.returncode == 0, result.stderr
        if "--json" in arguments:
            return json.loads(result.stdout)
    return result


#: The same with a start of its own, which imports TensorFlow where the command needs it.
started = functools.partial(edgezoo, run=functools.partial(subprocess.run, capture_output=True, text=True))


def error_of(*arguments, cwd=None):
    """The one line of a command that must fail with exit 1."""
    result = edgezoo(*arguments, cwd=cwd, check=False)
    assert result.returncode == 1, (result.stdout, result.stderr)
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    assert result.stdout == ""
    return lines[0]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of RGB pictures, one sub-folder a class."""
    folder = tmp_path_factory.mktemp("photos")
    images, labels = shapes(240, side=24, channels=3)
    for index, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / CLASSES[label]).mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / CLASSES[label] / f"{index:03}.png")
    return folder


@pytest.fixture(scope="module")
def demo(photos, tmp_path_factory):
    """What the quickstart makes of that folder, and the document that it prints."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    document = edgezoo("quickstart", "--data", photos, "-o", folder, "--model", "strided_xs", "--json")
    return folder, document


def test_help_names_every_command_and_imports_nothing_heavy():
    result = started("--help")
    commands = "list describe build datasets train export targets evaluate benchmark compare explain experiment doctor"
    for command in [*commands.split(), "quickstart"]:
        assert f"\n  {command} " in result.stdout
    probe = "import sys\nfrom edgezoo.cli import main\nmain(['--help'], standalone_mode=False)\n"
    probe += "sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'rich', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", probe], stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.parametrize("command", ["train", "export", "evaluate", "compare", "quickstart", "list"])
def test_every_help_has_an_example(command):
    assert f"edgezoo {command}" in started(command, "--help").stdout.partition("\n\n")[2]


def test_version():
    assert started("--version").stdout.strip().endswith(__version__)
    as_module = subprocess.check_output([sys.executable, "-m", "edgezoo", "--version"], text=True)
    assert as_module.strip().endswith(__version__)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("describe strided", "plain,strided_s"),
        ("describe ./out/", "file,./out/"),
        ("export mo", "file,mo"),
        ("train strided_s --data fash", "plain,fashion_mnist"),
        ("train strided_s --recipe qu", "plain,quick"),
        ("build strided_s --weights dig", "plain,digits"),
        ("build strided_s -o ru", "file,ru"),
    ],
)
def test_completion(words, offered):
    """What click's protocol for bash answers: names that fit, else that the shell shall offer files."""
    words = f"edgezoo {words}"
    count = len(words.split()) - 1
    env = {**os.environ, "_EDGEZOO_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}
    result = subprocess.run([EDGEZOO], capture_output=True, text=True, env=env)
    assert offered in result.stdout.splitlines(), result.stderr


def test_wrong_usage_exits_with_two_and_suggests():
    assert started("lst", check=False).returncode == 2
    assert "Did you mean 'list'" in started("lst", check=False).stderr
    assert started("train", check=False).returncode == 2
    assert started("describe", "strided_s", "--input-shape", "28x28", check=False).returncode == 2


def test_list():
    models = started("list", "strided*", "--json")["models"]
    assert [m["name"] for m in models] == ["strided_xs", "strided_lite", "strided_s", "strided_m"]
    keys = {"name", "family", "params", "macs", "peak_activation_bytes", "input_shape", "weights"}
    assert all(keys == set(m) for m in models)
    assert "StridedCNN" in started("list").stdout
    assert "did you mean 'strided_s'" in error_of("list", "strided_z")


def test_describe_a_name_and_a_file(demo):
    folder, _ = demo
    by_name = edgezoo("describe", "strided_xs", "--input-shape", "24,24,3", "--json")
    assert by_name["layers"][1]["kernel"] == [3, 3]
    of_keras = edgezoo("describe", folder / "strided_xs.keras", "--json")
    of_tflite = edgezoo("describe", folder / "bundle" / "strided_xs_int8.tflite", "--json")
    assert of_keras["macs"] == of_tflite["macs"]
    assert "receptive" not in edgezoo("describe", "strided_xs").stdout
    several = edgezoo("describe", "strided_xs", folder / "strided_xs.keras", "--json")["models"]
    assert [each["model"] for each in several] == ["strided_xs", str(folder / "strided_xs.keras")]
    assert several[1] == {"model": several[1]["model"], **of_keras}
    assert "did you mean 'strided_s'" in error_of("describe", "strided_z")


def test_a_folder_called_like_a_model_does_not_hide_it(tmp_path):
    (tmp_path / "strided_xs").mkdir()
    by_name = edgezoo("describe", "strided_xs", "--json", cwd=tmp_path)
    assert by_name["params"] == edgezoo("list", "strided_xs", "--json")["models"][0]["params"]
    assert "did you mean 'strided_xs'" in error_of("train", "strided_xss", "--data", "digits", "-o", tmp_path / "run")


def test_any_setting_of_a_recipe_can_be_set(tmp_path):
    train = ("train", "strided_xs", "--data", "digits", "-o", tmp_path / "run")
    assert "did you mean 'class_weights'" in error_of(*train, "--set", "class_weight=auto")
    assert "set one of them to null" in error_of(*train, "--set", "class_weights=auto", "--set", "sampling=balanced")
    assert "Known are epochs" in error_of(*train, "--set", "name_or_path=strong")


def test_build(tmp_path):
    document = edgezoo(
        "build", "global_s", "-o", tmp_path / "g.keras", "--set", "filters=[4,8]", "--set", "blocks=1",
        "--set", "strides=2", "--input-shape", "?,?,3", "--classes", 5, "--json",
    )  # fmt: skip
    assert document["input_shape"] == [None, None, 3]
    assert "g.keras" in os.listdir(tmp_path)
    assert "NAME.keras" in error_of("build", "global_s", "-o", tmp_path / "g.h5")
    assert "did you mean 'padding'" in error_of("build", "global_s", "-o", tmp_path / "h.keras", "--set", "pading=1")
    message = error_of("build", "strided_xs", "-o", tmp_path / "h.keras", "--weights", "imagenet")
    assert "unknown weights of strided_xs 'imagenet'" in message
    assert not (tmp_path / "h.keras").exists()


def test_datasets(photos, tmp_path):
    known = edgezoo("datasets", "--json")["datasets"]
    assert {"fashion_mnist", "mnist", "cifar10", "cifar100", "digits"} <= {row["name"] for row in known}
    document = edgezoo("datasets", photos, "-o", tmp_path / "sheet.png", "--json")
    assert sum(sum(counts.values()) for counts in document["counts"].values()) == 240
    assert Image.open(tmp_path / "sheet.png").size[0] > 100
    assert "did you mean 'fashion_mnist'" in error_of("datasets", "fashion_mnst")


def test_quickstart_ends_with_the_table_and_the_report(demo):
    folder, document = demo
    schemes = [row["scheme"] for row in document["results"]]
    assert schemes == ["keras", "float32", "float16", "dynamic", "int8"]
    assert min(row["top1"] for row in document["results"]) > 0.8
    assert all(row["benchmarks"] for row in document["results"])
    for name in ("report.html", "results.json", "results.csv", "run/run.json", "bundle/manifest.json"):
        assert (folder / name).is_file()
    assert json.loads((folder / "results.json").read_text())["results"] == document["results"]


@pytest.mark.slow
def test_quickstart_on_digits_gives_the_same_kind_of_report(demo, tmp_path):
    _, of_photos = demo
    document = edgezoo("quickstart", "--data", "digits", "-o", tmp_path / "out", "--model", "strided_xs", "--json")
    assert document.keys() == of_photos.keys()
    assert [row["scheme"] for row in document["results"]] == [row["scheme"] for row in of_photos["results"]]
    assert min(row["top1"] for row in document["results"]) > 0.9
    assert (tmp_path / "out" / "report.html").is_file()


def test_quickstart_again_goes_on(demo, photos):
    folder, document = demo
    again = edgezoo("quickstart", "--data", photos, "-o", folder, "--model", "strided_xs", "--json")
    assert [row["top1"] for row in again["results"]] == [row["top1"] for row in document["results"]]
    assert again["results"][0]["sha256"] == document["results"][0]["sha256"]


def test_train_export_evaluate_benchmark_by_hand(photos, tmp_path):
    """The tour of the README, from another folder, with relative names."""
    started("train", "pooled_xs", "--data", photos, "-o", "run", "--epochs", 3, "--precision", "float32", cwd=tmp_path)
    started(
        "export",
        "run/model.keras",
        "-o",
        "out",
        "--quantize",
        "float32",
        "--quantize",
        "int8",
        "--data",
        photos,
        cwd=tmp_path,
    )
    assert {"model_float32.tflite", "model_int8.tflite", "manifest.json"} <= set(os.listdir(tmp_path / "out"))
    files = ["run/model.keras", "out/model_float32.tflite", "out/model_int8.tflite"]
    accuracy = started("evaluate", *files, "--data", photos, "--limit", 40, "--json", cwd=tmp_path)
    assert {row["n"] for row in accuracy["results"]} == {40}
    low, high = accuracy["results"][0]["top1_ci95"]
    assert low <= accuracy["results"][0]["top1"] <= high
    latency = started("benchmark", *files[1:], "--threads", "1,2", "--json", cwd=tmp_path)
    assert [(row["file"], row["threads"]) for row in latency["results"]] == [(f, t) for f in files[1:] for t in (1, 2)]
    assert "int8" in started("evaluate", *files[1:], "--data", photos, cwd=tmp_path).stdout


@pytest.mark.parametrize("command", ["evaluate", "benchmark", "compare"])
def test_files_that_are_none_are_named(command, tmp_path):
    (tmp_path / "empty.tflite").touch()
    (tmp_path / "noise.tflite").write_bytes(np.random.default_rng(0).bytes(2000))
    extra = [] if command == "benchmark" else ["--data", "digits"]
    extra += ["-o", tmp_path / "report"] if command == "compare" else []
    for name in ("empty.tflite", "noise.tflite", "missing.tflite", "missing.keras"):
        assert name in error_of(command, tmp_path / name, *extra)
    assert not (tmp_path / "report" / "results.json").exists()


def test_export_without_calibration_images_says_so(demo, tmp_path):
    message = error_of("export", demo[0] / "strided_xs.keras", "-o", tmp_path / "out", "--quantize", "int8")
    assert "--data" in message
    assert not list(tmp_path.rglob("*.tflite"))


def test_several_files_get_a_bundle_each(demo, tmp_path):
    one = demo[0] / "strided_xs.keras"
    (tmp_path / "other.keras").write_bytes(one.read_bytes())
    arguments = ("-o", tmp_path / "out", "--quantize", "float32", "--json")
    bundles = edgezoo("export", one, tmp_path / "other.keras", *arguments)["bundles"]
    for name, bundle in zip(("strided_xs", "other"), bundles, strict=True):
        assert bundle["folder"] == str(tmp_path / "out" / name)
        assert f"{name}_float32.tflite" in bundle["files"]
        assert (tmp_path / "out" / name / f"{name}_float32.tflite").is_file()
    assert "two of the files are called" in error_of("export", one, demo[0] / "run/../strided_xs.keras", *arguments)


def test_what_colour_a_model_was_trained_on_it_is_evaluated_on(tmp_path):
    edgezoo("build", "strided_xs", "-o", tmp_path / "rgb.keras", "--input-shape", "24,24,3")
    edgezoo("train", "rgb.keras", "--data", "digits", "-o", "run", "--epochs", 6, "--seed", 1, cwd=tmp_path)
    (result,) = edgezoo("evaluate", "run/model.keras", "--data", "digits", "--json", cwd=tmp_path)["results"]
    run = json.loads((tmp_path / "run/run.json").read_text())
    assert result["top1"] == pytest.approx(run["results"]["val_accuracy"], abs=0.06)
    assert result["top1"] > 0.8


def test_what_cannot_be_written_is_one_line(demo, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder.keras").mkdir()
    model, into = demo[0] / "strided_xs.keras", tmp_path / "file" / "x"
    assert "folder.keras" in error_of("build", "strided_xs", "-o", tmp_path / "folder.keras")
    assert str(into) in error_of("train", "strided_xs", "--data", "digits", "-o", into)
    assert str(into) in error_of("export", model, "-o", into, "--quantize", "float32")
    assert str(into) in error_of("compare", model, "--data", "digits", "-o", into)
    assert "NAME.png" in error_of("datasets", "digits", "-o", tmp_path / "sheet.jpg")


def test_a_model_that_takes_no_image_is_one_line(tmp_path):
    import keras

    flat, (a, b) = keras.Input((8,)), (keras.Input((8, 8, 1)), keras.Input((8, 8, 1)))
    keras.Model(flat, keras.layers.Dense(10, activation="softmax")(flat)).save(tmp_path / "flat.keras")
    both = keras.layers.Flatten()(keras.layers.Add()([a, b]))
    keras.Model([a, b], keras.layers.Dense(10, activation="softmax")(both)).save(tmp_path / "two.keras")
    assert "is no image classifier" in error_of(
        "train", tmp_path / "flat.keras", "--data", "digits", "-o", tmp_path / "run"
    )
    assert "has 2 inputs" in error_of("train", tmp_path / "two.keras", "--data", "digits", "-o", tmp_path / "run")
    for name in ("flat.keras", "two.keras"):
        assert "one input" in error_of("export", tmp_path / name, "--data", "digits", "-o", tmp_path / "out")
        assert name in error_of("evaluate", tmp_path / name, "--data", "digits")


def test_a_terminal_without_unicode_gets_the_table_all_the_same():
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run([EDGEZOO, "list"], capture_output=True, text=True, env=env)
    assert result.returncode == 0 and "strided_s" in result.stdout, result.stderr


def test_describe_draws_windows(demo, tmp_path):
    out = tmp_path / "w.svg"
    window = edgezoo("describe", "--draw", out, "--window", "n=7x9,f=3,p=1,s=2", "--json")
    assert window["output_size"] == [4, 5] and window["padding"] == [[1, 1], [1, 1]]
    assert out.read_text().startswith("<?xml")
    layer = edgezoo("describe", "strided_xs", "--draw", tmp_path / "w.gif", "--layer", "stage2*", "--json")
    assert layer["layer"] == "stage2_downsample" and layer["output_size"] == [7, 7]
    assert "= 4\n" in edgezoo("describe", "--draw", out, "--window", "n=7,f=3,p=1,s=2").stdout
    assert "does not fit" in error_of("describe", "--draw", tmp_path / "x.png", "--window", "n=2,f=3")
    assert "there are: stage1" in error_of("describe", "strided_xs", "--draw", tmp_path / "x.png", "--layer", "no")
    for wrong in (("--window", "n=7"), ("--window", "f=3,n=a"), ("strided_xs", "--window", "n=7,f=3")):
        assert edgezoo("describe", "--draw", tmp_path / "x.png", *wrong, check=False).returncode == 2
    assert not (tmp_path / "x.png").exists()


def test_experiments_are_listed_and_run(tmp_path):
    assert len(edgezoo("experiment", "--json")["experiments"]) == 6
    assert "did you mean 'shift'" in error_of("experiment", "shifts", "--data", "digits", "-o", tmp_path / "x")
    options = ("--data", "digits", "--quick", "-o", tmp_path / "out", "--json")
    document = edgezoo("experiment", "permuted-pixels", *options)
    assert document["rows"] and document["summary"].startswith("Quick form")
    assert {"plot.png", "results.csv", "results.json", "summary.md"} <= set(os.listdir(tmp_path / "out"))


def test_explain(demo, photos, tmp_path):
    model, picture = demo[0] / "strided_xs.keras", next(Path(photos).rglob("*.png"))
    options = ("--image", picture, "-o", tmp_path / "maps.png")
    document = edgezoo("explain", model, *options, "--json")
    assert document["layers"] and document["prediction"]["class"] in range(10)
    assert edgezoo("explain", model, *options, "--layer", "stage1*").stdout.strip().endswith("maps.png")
    (tmp_path / "second.keras").write_bytes(model.read_bytes())
    edgezoo("explain", model, tmp_path / "second.keras", "--what", "filters", "-o", tmp_path / "f.svg")
    assert {"f_strided_xs.svg", "f_second.svg"} <= set(os.listdir(tmp_path))
    assert "gray" in edgezoo("explain", "--edges", picture, "-o", tmp_path / "e.png", "--json")["notes"][0]
    assert "there are: " in error_of("explain", model, *options, "--layer", "nothing")
    assert "--image" in error_of("explain", model, "-o", tmp_path / "x.png")
    (tmp_path / "broken.png").write_bytes(picture.read_bytes()[:200])
    assert "broken.png" in error_of("explain", model, "--image", tmp_path / "broken.png", "-o", tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()


def test_targets_and_doctor():
    names = [row["name"] for row in started("targets", "--json")["targets"]]
    assert {"phone", "phone-gpu", "coral", "ethos-u55-32", "ethos-u85-2048", "tflm", "browser", "raspberry-pi"} <= set(
        names
    )
    text = " ".join(started("targets").stdout.split())
    assert re.search(r"npm is (not )?here: [^;]*; fetches LiteRT\.js, which a bundle's page runs\.", text)
    rows = started("doctor", "--json")["checks"]
    checks = {row["what"]: row for row in rows}
    assert len(checks) == len(rows)
    assert checks["tensorflow"]["state"] == checks["tool ai-edge-litert"]["state"] == "ok"
    states = {row["state"] for row in checks.values()}
    assert states <= {"ok", "found", "missing"}
    row = checks["tool npm"]
    assert row["state"] in ("ok", "missing") and "LiteRT.js" in row["detail"]


def test_a_normal_run_is_quiet(tmp_path):
    """No log line of TensorFlow's reaches the user."""
    result = started("build", "strided_xs", "-o", tmp_path / "m.keras")
    assert result.stderr == ""
    for arguments in (("explain", "--what", "filters", "-o", tmp_path / "f.png"), ("describe",)):
        assert started(*arguments, tmp_path / "m.keras").stderr == ""
    exported = started("export", tmp_path / "m.keras", "-o", tmp_path / "out", "--quantize", "float32")
    assert "WARNING" not in exported.stderr and "AutoGraph" not in exported.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["describe"],
        ["evaluate", "--data", "digits"],
        ["export", "--quantize", "float32", "-o", "out"],
        ["convert", "-o", "new.keras"],
        ["compare", "--data", "digits", "-o", "out"],
    ],
)
def test_a_file_that_is_none_is_one_line_and_leaves_nothing(tmp_path, command):
    for name, content in (("\x1b[31mtext.keras", "no archive"), ("empty.h5", ""), ("text.tflite", "no network")):
        (tmp_path / name).write_text(content)
    before = set(tmp_path.iterdir())
    for path in before:
        assert "\x1b" not in error_of(*command, path.name, cwd=tmp_path)
    assert set(tmp_path.iterdir()) == before
