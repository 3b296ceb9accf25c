import dataclasses
import json
import shutil

import numpy as np
import pytest

from edgezoo.common.files import sha256, write_json
from edgezoo.datasets.dataset import Split
from edgezoo.datasets.sources import ArraySource
from edgezoo.evaluate import compare_files, evaluate_files
from edgezoo.evaluate.compare import notes
from edgezoo.export import export_model
from edgezoo.train.run_folder import RunFolder, trained_on_beside

from ..schemas import assert_valid


@pytest.fixture(scope="module")
def run(tmp_path_factory, zoo, dataset):
    """A run folder of the zoo's network that was trained on the first 100 images, and a bundle of it."""
    folder = RunFolder(tmp_path_factory.mktemp("seen") / "run")
    folder.path.mkdir()
    shutil.copy(zoo.keras, folder.model)
    write_json(folder.record, {"results": {"model_sha256": sha256(folder.model)}})
    folder.keep_trained_on(dataset.train.subset(range(100)).digests)
    export_model(folder.model, folder.path / "out", ["float32"])
    return folder


def with_test(dataset, start, stop):
    """The data set, of whose images some are the test split, copied as another file would hold them."""
    images = dataset.test.read(np.arange(start, stop))
    return dataclasses.replace(dataset, test=Split(ArraySource(images.copy()), dataset.test.labels[start:stop]))


@pytest.mark.parametrize(
    ("start", "stop", "seen", "told"),
    [
        (0, 100, 100, "was trained on all 100 test images of bars that it is scored on"),
        (90, 130, 10, "was trained on 10 of the 40 test images of bars that it is scored on"),
        (100, 300, 0, None),
    ],
)
def test_images_that_were_trained_on_are_counted_and_told(run, dataset, capfd, start, stop, seen, told):
    files = [run.model, run.path / "out" / "model_float32.tflite"]
    document = evaluate_files(files, with_test(dataset, start, stop))
    assert [result["seen_in_training"] for result in document["results"]] == [seen, seen]
    assert_valid(json.loads(json.dumps(document)), "evaluate", "results")
    err = capfd.readouterr().err
    assert err.count("was trained on") == (2 if told else 0)
    assert (told or "") in err


def test_a_comparison_says_so_too(run, dataset, tmp_path):
    document = compare_files([run.model], with_test(dataset, 90, 130), tmp_path / "report")
    assert any("was trained on 10 of the 40" in sentence for sentence in document["notes"])
    assert "was trained on 10 of the 40" in (tmp_path / "report" / "report.html").read_text()
    del document["results"][0]["seen_in_training"]  # a document of before
    assert not any("trained on" in sentence for sentence in notes(document))


def test_where_nothing_is_known_nothing_is_said(run, zoo, dataset, tmp_path, capfd):
    """Of a file alone, of one that the run did not save, of a bundle of another model, of a damaged list."""
    shutil.copy(zoo.open, tmp_path / "model.keras")
    for path in (run.record, run.trained_on):
        shutil.copy(path, tmp_path / path.name)
    assert trained_on_beside(tmp_path / "model.keras") is None
    assert trained_on_beside(run.model) == run.trained_on
    alone = tmp_path / "alone.tflite"
    shutil.copy(run.path / "out" / "model_float32.tflite", alone)
    shutil.copytree(run.path, tmp_path / "run")
    (tmp_path / "run" / "trained_on.npy").write_bytes(b"\x93NUMPY")
    files = [zoo.keras, alone, tmp_path / "model.keras", tmp_path / "run" / "model.keras"]
    document = evaluate_files(files, with_test(dataset, 0, 60))
    assert [result["seen_in_training"] for result in document["results"]] == [None] * 4
    assert "was trained on" not in capfd.readouterr().err


def test_a_bundle_of_another_model_forgets(run, zoo, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    out = tmp_path / "run" / "out"
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["files"]["trained_on.npy"] == sha256(run.trained_on)
    assert_valid(manifest, "export", "manifest")
    # More of the same model, from elsewhere: what is known of it stays.
    shutil.copy(run.model, tmp_path / "model.keras")
    export_model(tmp_path / "model.keras", out, ["dynamic"])
    assert "trained_on.npy" in json.loads((out / "manifest.json").read_text())["files"]
    export_model(zoo.open, out, ["float32"])
    assert "trained_on.npy" not in json.loads((out / "manifest.json").read_text())["files"]


def test_a_bundle_costs_eight_bytes_an_image(run):
    kept = np.load(run.trained_on, allow_pickle=False)
    assert (kept.dtype, kept.shape) == (np.uint64, (100,))
    assert (np.diff(kept.astype(float)) > 0).all()
