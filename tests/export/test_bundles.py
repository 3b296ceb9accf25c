"""Several models, a bundle each, calibrated on a data set in the size and colour that each takes."""

import json

import keras
import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export import export_models
from edgezoo.zoo import GlobalPoolCNN, StridedCNN


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    StridedCNN((16, 16, 3), classes=10, filters=(2,), units=()).save(folder / "colour.keras")
    GlobalPoolCNN((None, None, 1), classes=10, filters=(2,)).save(folder / "any.keras")
    return folder


def test_each_gets_a_bundle_with_images_of_its_own_shape(models, tmp_path):
    files = [models / "colour.keras", models / "any.keras"]
    with pytest.raises(EdgezooError, match="give --input-size"):
        export_models(files[1:], tmp_path / "none", data="digits")
    assert not list(tmp_path.rglob("*.tflite"))
    bundles = export_models(files[:1], tmp_path / "one", ["float32", "int8"], data="digits")
    (bundle,) = bundles
    assert bundle.folder == str(tmp_path / "one")
    assert [path.name for path in bundle.paths] == ["colour_float32.tflite", "colour_int8.tflite"]
    assert bundle.manifest == json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert bundle.manifest["models"][1]["calibration"]["dataset"] == "digits"
    assert bundle.manifest["models"][1]["inputs"][0]["shape"] == [1, 16, 16, 3]
    two = export_models(files, tmp_path / "two", ["float32"])
    assert [each.folder for each in two] == [str(tmp_path / "two" / name) for name in ("colour", "any")]
    assert np.unique([each.manifest["model"]["sha256"] for each in two]).size == 2


def test_two_files_of_one_name_are_refused(models, tmp_path):
    with pytest.raises(EdgezooError, match=r"two of the files are called any; export them to different folders"):
        export_models([models / "any.keras", f"{models}/../{models.name}/any.keras"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
