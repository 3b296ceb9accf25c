"""The bundle's own classifier: files, folders that grow, and a camera's frames, as the example and Pillow have them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from edgezoo.export import export_for_targets
from edgezoo.runtime import load_runner

#: A camera that sees the array in ``frame.npy``, with the names of picamera2.
PICAMERA2 = """
import numpy as np
class Picamera2:
    def create_video_configuration(self, main):
        assert main["format"] == "BGR888" and main["size"] == (240, 240), main
        return main
    def configure(self, configuration): pass
    def start(self): pass
    def capture_array(self): return np.load({frame!r})
    def close(self): print("closed", file=__import__("sys").stderr)
"""


@pytest.fixture(scope="module")
def bundle(fixed, pictures, tmp_path_factory):
    """``folder``; ``pictures``, paths of four test images; ``scores``, what LiteRT says of these; ``labels``."""
    folder = tmp_path_factory.mktemp("pi")
    (made,), failures = export_for_targets(fixed.path, folder, ["raspberry-pi"], calibration=pictures.calibration)
    assert not failures
    paths = [folder / "pictures" / f"{index}.png" for index in range(4)]
    paths[0].parent.mkdir()
    for path, image in zip(paths, pictures.test, strict=False):
        Image.fromarray(image[..., 0]).save(path)
    scores = load_runner(made / "net_int8.tflite").predict(pictures.test[:4])
    labels = (made / "labels.txt").read_text().split()
    return SimpleNamespace(folder=made, pictures=paths, scores=scores, labels=labels)


@pytest.fixture
def classify(bundle, tmp_path):
    """Runs it in another folder with words of a command line, and Python files that it finds before all others."""

    def run(*words, **modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)
        command = [sys.executable, bundle.folder / "classify.py", *words]
        found = os.environ | {"PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, cwd=tmp_path, env=found, capture_output=True, text=True, timeout=60)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_files_and_folders_are_classified_as_litert_does(bundle, classify):
    folder = bundle.pictures[0].parent
    (folder / "notes.txt").write_text("no picture")
    done = classify("--json", folder, bundle.pictures[2], "--threads", "2")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and [row["picture"] for row in rows] == [
        str(path) for path in (*bundle.pictures, bundle.pictures[2])
    ]
    for row, scores in zip(rows, bundle.scores[[0, 1, 2, 3, 2]], strict=True):
        assert row["class"] == scores.argmax() and row["label"] == bundle.labels[row["class"]]
        assert row["score"] == pytest.approx(scores.max()) and row["ms"] > 0


def test_what_is_no_picture_takes_nothing_of_the_others_with_it(bundle, classify, tmp_path):
    (tmp_path / "bad\x1b[31m.png").write_text("junk")
    shutil.copy(bundle.pictures[0], tmp_path / "good\x1b[31m.png")
    done = classify(tmp_path, tmp_path / "none.png")
    assert done.returncode == 1 and done.stdout.count("\n") == 1 and "\x1b" not in done.stdout + done.stderr
    assert done.stderr.count("cannot be classified") == 2


def test_without_pillow_files_are_refused_in_a_line(bundle, classify):
    done = classify(bundle.pictures[0], PIL="raise ImportError")
    assert done.returncode == 1 and "this Python lacks Pillow; pip install pillow" in done.stderr


def test_the_camera_needs_no_pillow(bundle, classify, pictures, tmp_path):
    large = np.kron(pictures.test[1, ..., 0], np.ones((10, 10), np.uint8))
    np.save(tmp_path / "frame.npy", np.stack([large] * 3, axis=-1))
    camera = PICAMERA2.format(frame=str(tmp_path / "frame.npy"))
    done = classify("--camera", "--count", "3", "--json", picamera2=camera, PIL="raise ImportError")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and "closed" in done.stderr, done.stderr
    assert [(row["picture"], row["class"]) for row in rows] == [(None, bundle.scores[1].argmax())] * 3


def test_no_camera_is_a_line(classify):
    done = classify("--camera", picamera2="raise ImportError('no libcamera')")
    assert done.returncode == 1 and "needs picamera2 (no libcamera): apt install" in done.stderr
    done = classify("--camera", picamera2="def Picamera2(): raise IndexError('list index out of range')")
    assert done.returncode == 1 and "the camera cannot be used" in done.stderr


@pytest.mark.parametrize("words", [(), ("--camera", "x.png"), ("x.png", "--threads", "0"), ("x.png", "--every", "nan")])
def test_what_is_asked_for_wrongly(classify, words):
    done = classify(*words)
    assert done.returncode == 2 and "classify.py: error: " in done.stderr


def test_frames_become_pixels_as_pictures_do(bundle, monkeypatch):
    monkeypatch.syspath_prepend(str(bundle.folder))
    spec = importlib.util.spec_from_file_location("classify", bundle.folder / "classify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    frame = np.random.default_rng(0).integers(0, 256, (97, 131, 3), np.uint8)
    for channels, mode in ((1, "L"), (3, "RGB"), (4, "RGBA")):
        for size in ((24, 24), (40, 33), (200, 131)):
            pixels = module.fitted(frame, *size, channels)
            image = Image.fromarray(frame).convert(mode).resize(size[::-1], Image.Resampling.BILINEAR)
            assert pixels.shape == (1, *size, channels) and pixels.dtype == np.float32
            assert abs(pixels - np.asarray(image, np.float32).reshape(pixels.shape)).max() <= 1
    sys.modules.pop("example")


def test_a_watched_folder_goes_on(bundle, tmp_path):
    command = [sys.executable, bundle.folder / "classify.py", tmp_path, "--watch", "--count", "2", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for index in (0, 1):
            with open(bundle.pictures[index], "rb") as source, open(tmp_path / f"{index}.png", "wb") as growing:
                growing.write(source.read(60))  # not yet a picture
                growing.flush()
                time.sleep(0.1)
                growing.write(source.read())
            assert json.loads(running.stdout.readline())["class"] == bundle.scores[index].argmax()
        assert running.wait(20) == 0
