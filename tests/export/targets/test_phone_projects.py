"""The Android and Swift projects of ``phone`` bundles: read by a compiler and by parsers, their arithmetic held against
that of ``example.py``.
"""

import importlib.resources
import json
import os
import re
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import tree_sitter
import tree_sitter_kotlin
import tree_sitter_swift
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from edgezoo.export import Calibration, example, export_for_targets
from edgezoo.export.targets.phone import TARGET

ANDROID, SWIFT = TARGET.extras
HERE = Path(__file__).with_name("phone_projects")
#: Class names that would be code, or markup, somewhere.
HOSTILE = ('"; System.exit(1) //', "${System.exit(1)}", "\\(exit(1))", "</string><a>&")
KOTLINC = "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
JAVA = ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Class path of the compiled app and of what runs its preprocessing."""
    if not shutil.which("java"):
        missing = "there is no Java; Debian has default-jre-headless"
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_JAVA") else pytest.skip)(missing)
    jars = Path(str(importlib.resources.files("run_kotlin_kernel"))) / "jars"  # of kotlin-jupyter-kernel
    (compiler,), (library,), (reflection,), (scripts,) = (
        jars.glob(f"{name}-[0-9]*.jar")
        for name in ("kotlin-jupyter-kernel", "kotlin-stdlib", "kotlin-reflect", "kotlin-script-runtime")
    )
    folder = tmp_path_factory.mktemp("kotlin")
    sources = [HERE / "Preprocess.kt", *ANDROID.rglob("*.kt")]
    declared = re.split(r"^(?=package )", (HERE / "stubs.kt").read_text(), flags=re.MULTILINE)[1:]
    for number, text in enumerate([*declared, resources()]):
        sources.append(folder / f"stubs_{number}.kt")
        sources[-1].write_text(text)
    compile_with = os.pathsep.join(map(str, (compiler, library, reflection, scripts)))
    options = ["-no-stdlib", "-no-reflect", "-Werror", "-cp", library, "-d", folder / "classes"]
    done = subprocess.run([*JAVA, compile_with, KOTLINC, *options, *sources], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return f"{folder / 'classes'}{os.pathsep}{library}"


def resources():
    """Kotlin of the class ``R`` that Android's tools make of the resources."""
    found = {"id": set(), "string": set(), "layout": set()}
    for path in (ANDROID / "app/src/main/res").rglob("*.xml"):
        for kind, names in found.items():
            names.update(re.findall(rf"@\+{kind}/(\w+)", path.read_text()))
        if path.parent.name == "layout":
            found["layout"].add(path.stem)
    strings = ElementTree.parse(ANDROID / "app/src/main/res/values/strings.xml").getroot()
    found["string"] = {each.get("name") for each in strings}
    objects = "".join(
        f"object {kind} {{ {' '.join(f'const val {name} = 0;' for name in names)} }}\n" for kind, names in found.items()
    )
    return f"package edgezoo.classifier\nobject R {{ {objects} }}\n"


def tensors(compiled, folder, rows, fit=example.SQUASH):
    """What the app makes of pictures: rows of RGBA uint8 [H, W, 4], a manifest's input, mean and std."""
    border = ",".join(map(str, fit.get("border", [0])))
    arguments, outs = [], []
    for number, (rgba, tensor, mean, std) in enumerate(rows):
        source, out = folder / f"{number}.argb", folder / f"{number}.out"
        source.write_bytes(rgba[..., [3, 0, 1, 2]].tobytes())
        texts = [(rgba.shape[1], rgba.shape[0]), tensor["shape"], mean, std]
        size, shape, mean, std = (",".join(map(str, each)) for each in texts)
        scale, zero_point = str(tensor["scale"]), str(tensor["zero_point"] or 0)
        arguments += [source, size, shape, tensor["dtype"], scale, zero_point, mean, std, fit["kind"], border, out]
        outs.append((out, tensor))
    done = subprocess.run(
        [*JAVA, compiled, "edgezoo.classifier.PreprocessKt", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [np.fromfile(out, tensor["dtype"]).reshape(tensor["shape"]) for out, tensor in outs]


FITS = [example.SQUASH, {"kind": "crop"}, {"kind": "pad", "border": [7]}, {"kind": "pad", "border": [9, 90, 200]}]


@pytest.mark.parametrize(("channels", "fit"), [(1, FITS[2]), *((3, fit) for fit in FITS), (4, FITS[1])])
def test_pictures_become_what_the_example_makes_of_them(compiled, tmp_path, channels, fit):
    rng = np.random.default_rng(channels)
    rgba = rng.integers(0, 256, (37, 53, 4), np.uint8)
    rgba[10:] |= np.array([0, 0, 0, 255], np.uint8)
    Image.fromarray(rgba).save(tmp_path / "picture.png")
    pixels = {"mean": [100.5, 120.25, 90][:channels] + [3.0] * (channels == 4), "std": [58.0]}
    rows = []
    for (height, width), (dtype, scale, zero_point) in zip(
        [(37, 53), (12, 9), (80, 40), (60, 20)],
        [("float32", None, None), ("int8", 0.03, 7), ("uint8", 0.02, 128), ("int8", 0.05, -3)],
        strict=True,
    ):
        rows.append({"shape": [1, height, width, channels], "dtype": dtype, "scale": scale, "zero_point": zero_point})
    made = tensors(compiled, tmp_path, [(rgba, row, pixels["mean"], pixels["std"]) for row in rows], fit)
    for row, got in zip(rows, made, strict=True):
        wanted = example.in_range(example.read_pixels(tmp_path / "picture.png", *row["shape"][1:], fit), **pixels)
        stored = {"dtype": np.dtype(row["dtype"]), "quantization": (row["scale"] or 0, row["zero_point"] or 0)}
        wanted = example.quantize(wanted, stored)
        # Pillow lays over white in its own integers, and some versions begin with the columns of some pictures.
        step = 1.001 / 58 if row["scale"] is None else 1
        off = np.abs(got.astype(np.float64) - wanted)
        assert off.max() <= step and (off > 1e-6).mean() < 0.05


@pytest.fixture(scope="module")
def bundle(fixed, pictures, tmp_path_factory):
    """A ``phone`` bundle whose model and classes have hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    path = folder / "a' $(exit) ${x} \\(x).keras"
    shutil.copy(fixed.path, path)
    samples = pictures.calibration
    calibration = Calibration(samples.images, samples.record, HOSTILE)
    ((made,), failures) = export_for_targets(
        path, folder, ["phone"], ["float32", "int8"], calibration=calibration, settings=[("rgb", True)]
    )
    assert not failures
    return made


def test_a_phones_preprocessing_leads_to_the_golden_answers(compiled, bundle, tmp_path):
    golden, manifest = (json.loads((bundle / name).read_text()) for name in ("golden/golden.json", "manifest.json"))
    pixels = manifest["preprocessing"]["pixels"]
    for answer, entry in zip(golden["answers"], manifest["models"], strict=True):
        names = golden["sets"][answer["set"]]["images"]
        read = [np.asarray(Image.open(bundle / name).convert("RGBA")) for name in names]
        rows = [(rgba, entry["inputs"][0], pixels["mean"], pixels["std"]) for rgba in read]
        interpreter = Interpreter(str(bundle / entry["file"]))
        interpreter.allocate_tensors()
        for tensor, expected in zip(tensors(compiled, tmp_path, rows), answer["expected"], strict=True):
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], tensor)
            interpreter.invoke()
            (got,) = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
            np.testing.assert_allclose(got, expected, atol=1e-6)


def test_a_bundle_has_the_projects_and_no_name_is_code(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    for project in (ANDROID, SWIFT):
        for path in filter(Path.is_file, project.rglob("*")):
            name = path.relative_to(project.parent)
            assert (bundle / name).read_bytes() == path.read_bytes() and name.as_posix() in manifest["files"]
    assert len(list(bundle.rglob("*.tflite"))) == len(manifest["models"]), "each model is there once"
    assert (bundle / "labels.txt").read_text().splitlines() == list(HOSTILE)


def test_gradle_takes_what_the_bundle_has():
    script = (ANDROID / "app/build.gradle.kts").read_text()
    assert '"manifest.json", "labels.txt", "*.tflite"' in script and '"../golden"' in script


@pytest.mark.parametrize(
    "grammar, files",
    [(tree_sitter_kotlin, [*ANDROID.rglob("*.kts")]), (tree_sitter_swift, [*SWIFT.rglob("*.swift")])],
    ids=["gradle", "swift"],
)
def test_scripts_and_swift_are_parsed(grammar, files):
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert len(files) >= 3 and parser.parse(b"let = {").root_node.has_error
    for path in files:
        assert not parser.parse(path.read_bytes()).root_node.has_error, path


def test_what_is_named_is_there():
    for path in ANDROID.rglob("*.xml"):
        ElementTree.parse(path)
    catalog = tomllib.loads((ANDROID / "gradle/libs.versions.toml").read_text())
    rows = {**catalog["libraries"], **{f"plugins-{name}": row for name, row in catalog["plugins"].items()}}
    assert {row["version"]["ref"] for row in rows.values()} == set(catalog["versions"])
    scripts = "".join(path.read_text() for path in ANDROID.rglob("*.kts"))
    assert {name.replace(".", "-") for name in re.findall(r"libs\.([\w.]+)\)", scripts)} == set(rows)

    resources = ANDROID / "app/src/main/res"
    strings = {each.get("name") for each in ElementTree.parse(resources / "values/strings.xml").getroot()}
    markup = [ANDROID / "app/src/main/AndroidManifest.xml", *(resources / "layout").iterdir()]
    used = {name for path in markup for name in re.findall(r"@string/(\w+)", path.read_text())}
    used |= {name for path in ANDROID.rglob("*.kt") for name in re.findall(r"R\.string\.(\w+)", path.read_text())}
    assert used == strings

    (android,) = re.findall(r"LiteRT (\S+) from Maven", TARGET.guide)
    (swift,) = re.findall(r"Swift package of (\d[\d.]+\d)", TARGET.guide)
    assert android == catalog["versions"]["litert"]
    assert f'"release/{swift}"' in (SWIFT / "Package.swift").read_text()


def test_the_app_asks_for_the_camera_and_for_no_network():
    manifest = ElementTree.parse(ANDROID / "app/src/main/AndroidManifest.xml").getroot()
    name = "{http://schemas.android.com/apk/res/android}name"
    assert [each.get(name) for each in manifest.iter("uses-permission")] == ["android.permission.CAMERA"]
