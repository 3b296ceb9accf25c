"""Whole bundles, damaged ones, and those of strangers."""

import json
import os
import shutil

import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import export_model, verify_bundle


@pytest.fixture(scope="module")
def small(fixed, pictures, tmp_path_factory):
    """A bundle of one int8 file."""
    out = tmp_path_factory.mktemp("small") / "out"
    export_model(fixed.path, out, calibration=pictures.calibration)
    return out


@pytest.fixture
def bundle(small, tmp_path):
    return shutil.copytree(small, tmp_path / "bundle")


def rewrite(bundle, change):
    """Changes the manifest, and makes the checksums right again."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    change(manifest)
    for name in manifest["files"]:
        if (bundle / name).is_file() and not os.path.isabs(name) and ".." not in name:
            manifest["files"][name] = sha256(bundle / name)
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def faults(bundle):
    """(file, check) → detail of what is wrong."""
    found = verify_bundle(bundle)
    wrong = {(row["file"], row["name"]): row["detail"] for row in found["checks"] if not row["ok"]}
    assert bool(wrong) == bool(found["failure"]) and "\n" not in (found["failure"] or "")
    return wrong


def test_a_bundle_is_as_it_was_made(bundle):
    found = verify_bundle(bundle)
    assert found["failure"] is None and found["notes"] == [] and found["bundle"] == str(bundle)
    assert {row["name"] for row in found["checks"] if row["file"] == "net_int8.tflite"} == {
        "checksum", "size", "tensors", "operators", "labels", "golden answers",
    }  # fmt: skip


def test_sizes_are_all_run(variable):
    found = verify_bundle(variable.out)
    assert found["failure"] is None
    assert sum(row["name"] == "golden answers" for row in found["checks"]) == 5


def test_what_was_changed_is_missing_or_is_not_listed(bundle):
    (bundle / "labels.txt").write_text("mine\n")
    (bundle / "example.py").unlink()
    (bundle / "README.md").unlink()
    (bundle / "README.md").symlink_to("/etc/hostname")
    (bundle / "new\x1b.txt").write_text("new")
    (bundle / "golden" / "more.txt").write_text("new")
    assert faults(bundle) == {
        ("labels.txt", "checksum"): "was changed",
        ("example.py", "checksum"): "is missing",
        ("README.md", "place"): "is a link",
    }
    (note,) = verify_bundle(bundle)["notes"]
    assert note == "the manifest does not list golden/more.txt and 1 more."


@pytest.mark.parametrize(
    ("change", "check", "detail"),
    [
        (lambda model: model["outputs"][0].update(scale=0.5), "tensors", "has other outputs"),
        (lambda model: model["inputs"][0].update(zero_point=float("nan")), "tensors", "has other inputs"),
        (lambda model: model.update(signatures=[]), "tensors", "has other signatures"),
        (lambda model: model.update(size_bytes="1"), "size", "has other size_bytes"),
        (lambda model: model["operators"].popitem(), "operators", "has other operators"),
        (
            lambda model: model.update(compiled={"files": ["x.tflite"]}),
            "made",
            "was made into x.tflite, which is not there",
        ),
        (lambda model: model.update(packaged=[[]]), "made", "tells not what was made of it"),
    ],
)
def test_a_manifest_that_tells_other_things(bundle, change, check, detail):
    rewrite(bundle, lambda manifest: change(manifest["models"][0]))
    assert faults(bundle) == {("net_int8.tflite", check): detail}


def test_labels_that_are_too_few_and_pixels_that_are_none(bundle):
    (bundle / "labels.txt").write_text("one\ntwo\n")
    rewrite(bundle, lambda manifest: manifest["preprocessing"]["pixels"].update(std=[0]))
    found = faults(bundle)
    assert found["net_int8.tflite", "labels"] == "has 4 outputs, and labels.txt 2 names"
    assert found["manifest.json", "preprocessing"] == "has no pixels that can be read"


def test_other_answers_are_a_fault(bundle):
    path = bundle / "golden" / "golden.json"
    document = json.loads(path.read_text())
    document["answers"][0]["expected"][3] = [255, 0, 0, 0]
    path.write_text(json.dumps(document))
    rewrite(bundle, lambda manifest: None)
    (detail,) = faults(bundle).values()
    assert detail.startswith("gives 4 of 5 golden answers; expected ")


def test_a_picture_of_a_stranger_is_not_decoded(bundle):
    Image.new("L", (9000, 9000)).save(bundle / "golden" / "24x24x1-0.png")
    rewrite(bundle, lambda manifest: None)
    assert "it has 9000×9000 pixels" in faults(bundle)["net_int8.tflite", "golden answers"]


def test_a_file_that_is_none(bundle):
    (bundle / "net_int8.tflite").write_bytes(b"\0\0\0\0TFL3" + bytes(100))
    rewrite(bundle, lambda manifest: None)
    assert "net_int8.tflite is damaged: " in faults(bundle)["net_int8.tflite", "tensors"]


def test_a_bundle_of_before_has_no_golden_answers(bundle):
    shutil.rmtree(bundle / "golden")
    golden = [name for name in os.listdir(bundle)]
    rewrite(bundle, lambda manifest: [manifest["files"].pop(k) for k in [*manifest["files"]] if k not in golden])
    found = verify_bundle(bundle)
    assert found["failure"] is None and found["notes"] == ["net_int8.tflite has no golden answers; it was not run."]


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret", "", "a\0b", ".."])
def test_no_name_leads_out(bundle, name):
    (bundle.parent / "secret").write_text("secret")
    rewrite(bundle, lambda manifest: manifest["files"].update({name: sha256("/etc/hostname")}))
    rewrite(bundle, lambda manifest: manifest["models"].append({"file": name, "scheme": "int8"}))
    assert "is no name of a file in it" in faults(bundle).values()


def test_a_folder_that_is_a_link_and_a_pipe_are_not_read(bundle):
    shutil.move(bundle / "golden", bundle.parent / "elsewhere")
    (bundle / "golden").symlink_to(bundle.parent / "elsewhere")
    (bundle / "example.py").unlink()
    os.mkfifo(bundle / "example.py")
    found = faults(bundle)
    assert found["golden/golden.json", "place"] == "is a link"
    assert found["example.py", "checksum"] == "is missing"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[" * 100_000,
        json.dumps({"model": {"file": "a", "sha256": "b"}, "files": {str(k): "" for k in range(10**5)}, "models": []}),
        '{"model": {"file": 1e999, "sha256": NaN}}',
    ],
)
def test_a_folder_that_is_none(tmp_path, content):
    for damage in (lambda: None, lambda: (tmp_path / "manifest.json").write_text(content)):
        damage()
        with pytest.raises(EdgezooError, match=r"\A.* is no bundle.*\.\Z"):
            verify_bundle(tmp_path)
    with pytest.raises(EdgezooError, match="is a file"):
        verify_bundle(tmp_path / "manifest.json")
