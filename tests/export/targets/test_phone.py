"""What a phone's files carry for the readers there, held against MediaPipe itself and against the gray file."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import Calibration, export_for_targets
from edgezoo.export.class_names import known_class_names
from edgezoo.export.targets.phone_metadata import describe
from edgezoo.inspection import read_graph
from edgezoo.inspection.embedded_labels import embedded_labels
from edgezoo.inspection.pixels import Pixels
from edgezoo.inspection.tflite_pixels import tflite_pixels

from ...rendered import CLASSES
from ...tflite_metadata import described

#: MediaPipe and tfmot want different versions of absl-py: `make mediapipe` gives it an environment of its own.
PYTHON = Path(sys.prefix, "mediapipe", "bin", "python")
CLASSIFY = """
import json, sys
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

images, answers = np.load(sys.argv[1]), []
for path in sys.argv[2:]:
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=path))
    with vision.ImageClassifier.create_from_options(options) as classifier:
        for image in images:
            picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image)
            found = classifier.classify(picture).classifications[0].categories
            answers.append({each.category_name: each.score for each in found})
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def front(fixed, pictures, tmp_path_factory):
    """The network for gray 24×24 pictures, for a phone, taking colour; and the plain files."""
    out = tmp_path_factory.mktemp("front")
    made = {}
    for name, settings in (("rgb", [("rgb", True)]), ("gray", [])):
        options = {"calibration": pictures.calibration, "settings": settings}
        ((folder,), failures) = export_for_targets(fixed.path, out / name, ["phone"], ["float32", "int8"], **options)
        assert not failures
        made[name] = {scheme: folder / f"net_{scheme}.tflite" for scheme in ("float32", "int8")}
    return SimpleNamespace(**made)


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    """A network for 16×16 pictures of three channels that takes -1..1, for a phone."""
    folder = tmp_path_factory.mktemp("colour")
    keras.utils.set_random_seed(3)
    image = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(8, 5, strides=3, activation="relu")(image)
    x = keras.layers.Dense(4)(keras.layers.Flatten()(x))
    keras.Model(image, keras.layers.Softmax()(x)).save(folder / "colour.keras")
    images = np.random.default_rng(3).integers(0, 256, (20, 16, 16, 3), np.uint8)
    calibration = Calibration(images, {"dataset": "noise"}, CLASSES)
    options = {"calibration": calibration, "pixels": Pixels.of_range(-1, 1, "--pixels")}
    ((made,), _) = export_for_targets(folder / "colour.keras", folder, ["phone"], ["float32", "int8"], **options)
    return {scheme: made / f"colour_{scheme}.tflite" for scheme in ("float32", "int8")}


def stored(path, images):
    """What a file stores for images, which it is given as MediaPipe gives them: uint8 as they are, float normalized."""
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    pixels, answers = tflite_pixels(path), []
    for image in images:
        values = image if taken["dtype"] == np.uint8 else np.float32(pixels.values(image))
        interpreter.set_tensor(taken["index"], values[None])
        interpreter.invoke()
        answers.append(interpreter.get_tensor(given["index"])[0])
    scale, zero_point = given["quantization"]
    answers = np.array(answers)
    return (answers.astype(np.float32) - zero_point) * scale if scale else answers


def test_a_file_tells_what_it_takes_and_its_classes(front, colour):
    for path in (*front.rgb.values(), *front.gray.values(), *colour.values()):
        assert embedded_labels(path) == list(CLASSES) and known_class_names(path).names == tuple(CLASSES)
    assert (tflite_pixels(front.rgb["float32"]).text, tflite_pixels(front.rgb["float32"]).known_by) == (
        "0..255",
        "metadata",
    )
    assert tflite_pixels(colour["float32"]).text == tflite_pixels(colour["int8"]).text == "-1..1"


def test_equal_exports_are_equal_files(fixed, pictures, front, tmp_path):
    ((folder,), _) = export_for_targets(fixed.path, tmp_path, ["phone"], ["int8"], calibration=pictures.calibration)
    assert sha256(folder / "net_int8.tflite") == sha256(front.gray["int8"])


def test_a_front_makes_gray_of_colours(front, pictures):
    images = np.repeat(pictures.test, 3, axis=-1)
    np.testing.assert_allclose(
        stored(front.rgb["float32"], images), stored(front.gray["float32"], pictures.test), atol=1e-4
    )
    tinted = np.random.default_rng(0).integers(0, 256, images.shape, np.uint8)
    gray = (tinted @ [0.299, 0.587, 0.114])[..., None]
    np.testing.assert_allclose(
        stored(front.rgb["float32"], tinted), stored(front.gray["float32"], gray.astype(np.float32)), atol=1e-4
    )
    ours, plain = stored(front.rgb["int8"], images), stored(front.gray["int8"], pictures.test)
    assert np.abs(ours - plain).mean() < 0.01 and (ours.argmax(1) == plain.argmax(1)).mean() >= 0.98
    graph = read_graph(front.rgb["int8"])
    assert graph.tensors[graph.inputs[0]].shape == (1, 24, 24, 3)
    assert not any(tensor.dtype.startswith("float") for tensor in graph.tensors)
    manifest = json.loads(front.rgb["int8"].with_name("manifest.json").read_text())
    assert manifest["preprocessing"]["channels"] == "RGB" and manifest["target"]["settings"] == {"rgb": True}


def test_a_front_is_for_gray_networks(colour, fixed, pictures, tmp_path):
    source = colour["int8"].parents[1] / "colour.keras"
    options = {"settings": [("rgb", True)], "pixels": Pixels()}
    with pytest.raises(EdgezooError, match=r"rgb=yes is for networks of gray pictures, and colour.keras takes 16×16×3"):
        export_for_targets(source, tmp_path, ["phone"], ["float32"], **options)
    with pytest.raises(EdgezooError, match=r"rgb of phone must be yes or no. Received: 'maybe'"):
        export_for_targets(fixed.path, tmp_path, ["phone"], settings=[("rgb", "maybe")])


def test_gray_files_say_that_mediapipe_gives_colours(fixed, edited, tmp_path):
    path = tmp_path / "net.tflite"
    content = fixed.files["int8"].read_bytes()
    path.write_bytes(content)
    (said,) = describe(path, CLASSES[:2], Pixels())  # not as many names as outputs
    assert "net.tflite takes gray pictures" in said and "--set rgb=yes" in said
    assert embedded_labels(path) is None and len(path.read_bytes()) > len(content)
    once = path.read_bytes()
    assert describe(path, CLASSES, Pixels()) == [] and path.read_bytes() == once
    path.write_bytes(described(content, [1.0], [2.0]))  # another maker's
    once = path.read_bytes()
    assert describe(path, CLASSES, Pixels()) == [] and path.read_bytes() == once


def test_what_does_not_classify_one_picture_gets_no_metadata(convert, tmp_path):
    path = tmp_path / "two.tflite"
    path.write_bytes(convert(lambda x: (x, 2 * x), (8, 8, 1)))
    before = path.read_bytes()
    assert describe(path, CLASSES, Pixels()) == [] and path.read_bytes() == before


def test_mediapipe_gives_the_answers_of_litert(front, colour, pictures, tmp_path):
    if not PYTHON.exists():
        missing = "MediaPipe is not here; `make mediapipe` installs it"
        (pytest.fail if os.environ.get("EDGEZOO_NEEDS_MEDIAPIPE") else pytest.skip)(missing)
    noise = np.random.default_rng(1).integers(0, 256, (200, 16, 16, 3), np.uint8)
    gray = np.repeat(np.concatenate([pictures.train[:100], pictures.test]), 3, axis=-1)
    for number, (files, images) in enumerate(((front.rgb, gray), (colour, noise))):
        np.save(tmp_path / f"{number}.npy", images)
        command = [PYTHON, "-c", CLASSIFY, tmp_path / f"{number}.npy", *files.values()]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        answers = json.loads(done.stdout)
        scores = np.array([[answer[name] for name in CLASSES] for answer in answers]).reshape(len(files), 200, -1)
        for theirs, path in zip(scores, files.values(), strict=True):
            ours = stored(path, images)
            np.testing.assert_allclose(theirs, ours, atol=1e-3 if "float" in path.name else 2 / 256)
            # Of two scores within a step MediaPipe names either first.
            tied = np.partition(ours, -2)[:, -1] - np.partition(ours, -2)[:, -2] < 1e-3
            assert (theirs.argmax(1) == ours.argmax(1))[~tied].all() and (~tied).mean() > 0.9
