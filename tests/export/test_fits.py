"""How pictures get their size is told by the run, and from then on by whatever is made of its model."""

import json
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.common.fit import Fit
from edgezoo.datasets.sources import FileSource
from edgezoo.export import Calibration, export_model
from edgezoo.export.bundles import export_models
from edgezoo.export.fits import fit_of
from edgezoo.export.verifying import verify_bundle
from edgezoo.runtime import load_runner

from ..schemas import assert_valid
from .test_bundle import classify

PAD = Fit("pad", (200, 10, 30))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder as of images that were padded, and a function that exports its model in float32."""
    folder = tmp_path_factory.mktemp("run")
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 12, 3))
    x = keras.layers.Conv2D(6, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    keras.Model(image, keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(x))).save(
        folder / "model.keras"
    )
    record = {"dataset": {"fit": PAD.row()}, "results": {"model_sha256": sha256(folder / "model.keras")}}
    (folder / "run.json").write_text(json.dumps(record))

    def export(out, **options):
        (path,) = export_model(folder / "model.keras", out, ["float32"], **options)
        return path, json.loads((out / "manifest.json").read_text())

    return SimpleNamespace(model=folder / "model.keras", export=export, folder=folder)


@pytest.fixture(scope="module")
def padded(run, tmp_path_factory):
    """Its bundle, without an option."""
    path, manifest = run.export(tmp_path_factory.mktemp("padded") / "out")
    return SimpleNamespace(path=path, manifest=manifest)


def test_the_file_and_the_manifest_know_it(run, padded, tmp_path):
    assert fit_of(run.model) == PAD and fit_of(padded.path) == PAD
    assert fit_of(shutil.copy(padded.path, tmp_path / "elsewhere.tflite")) == PAD
    assert fit_of(shutil.copy(run.model, tmp_path / "elsewhere.keras")) is None
    assert_valid(padded.manifest, "export", "manifest")
    rules = padded.manifest["preprocessing"]
    assert rules["fit"] == {"kind": "pad", "border": [200, 10, 30]} and "the colour of the border" in rules["resize"]
    assert verify_bundle(padded.path.parent)["failure"] is None


def test_the_example_fits_pictures_as_the_training_did(padded, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (90, 40, 3), np.uint8)
    for name in ("picture.png", "photo.jpg"):
        Image.fromarray(noise).resize((400, 900)).save(tmp_path / name)
        told = classify(padded.path.parent, tmp_path / name, padded.path.name)
        assert told.returncode == 0, told.stderr
        best = {int(line.split()[1]): float(line.split()[0]) for line in told.stdout.splitlines()}
        source, runner = FileSource([str(tmp_path / name)], (8, 12, 3)), load_runner(padded.path)
        fitted, squashed = (runner.predict(source.at(source.shape, fit).read([0]))[0] for fit in (PAD, Fit()))
        assert [best[number] for number in range(3)] == pytest.approx(fitted.tolist(), abs=6e-4)
        assert np.abs(fitted - squashed).max() > 0.01


def test_another_one_can_be_asked_for_and_is_told(run, tmp_path, capsys):
    path, manifest = run.export(tmp_path / "out", fit="crop")
    assert fit_of(path) == Fit("crop") and manifest["preprocessing"]["fit"] == {"kind": "crop"}
    assert "training pictures are padded to its size; with --fit crop they are cropped" in capsys.readouterr().err
    (again, manifest) = run.export(tmp_path / "out", fit="pad")
    assert fit_of(again) == PAD and len(manifest["models"]) == 1, "a bundle has one preprocessing"
    assert fit_of(again, Fit("pad", (0,))) == PAD
    capsys.readouterr()
    assert fit_of(again, Fit()) == Fit() and "with --fit squash they are squashed" in capsys.readouterr().err


def test_of_a_model_without_a_run_its_images_tell(run, tmp_path):
    model = shutil.copy(run.model, tmp_path / "mine.keras")
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 12, 3), np.uint8)
    for calibration, options, expected in (
        (Calibration(images, {}, fit=Fit("crop")), {}, Fit("crop")),
        (None, {"fit": "crop"}, Fit("crop")),
        (None, {}, Fit()),
    ):
        (path,) = export_model(model, tmp_path / "out", ["float32"], calibration=calibration, **options)
        assert fit_of(path) == expected
    with pytest.raises(EdgezooError, match="--fit pad takes the colour of the border from images; give them with"):
        export_model(model, tmp_path / "out", ["float32"], fit="pad")


def test_calibration_images_are_those_of_the_training(run, tmp_path):
    """Pictures twice as high as wide: padded, more than half of what the network sees is border."""
    for name in ("a", "b", "c"):
        for number in range(5):
            path = tmp_path / "photos" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 40), (number, 5, ord(name))).save(path)
    (bundle,) = export_models([str(run.model)], tmp_path / "out", data=str(tmp_path / "photos"))
    assert bundle.manifest["preprocessing"]["fit"] == PAD.row()
    golden = np.asarray(Image.open(tmp_path / "out" / "golden" / "8x12x3-0.png"))
    assert (golden[:, 0] == PAD.border).all() and (golden[:, 6, 1] == 5).all()


@pytest.mark.parametrize("content", [b"", b"{}", b'["crop"]', b'{"kind":"pad","border":[1e9]}', b"\xff"])
def test_a_damaged_record_says_nothing(padded, content, monkeypatch):
    from edgezoo.export import fits

    monkeypatch.setattr(fits, "read_metadata", lambda path, name: content or b"null")
    assert fit_of(padded.path) is None
