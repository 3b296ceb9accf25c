"""One file for several input sizes: the answers of the files of one size, in hardly more bytes than one of them."""

import json
from collections import Counter

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.export import export_model
from edgezoo.export.identity import identity_of
from edgezoo.export.joining import joined
from edgezoo.inspection import read_graph
from edgezoo.inspection.metadata import read_metadata
from edgezoo.runtime import load_runner
from edgezoo.zoo import build

from ..rendered import CLASSES, shapes
from .conftest import calibration_of
from .test_bundle import classify, first_answer


def answers(interpreter, signature, values):
    return interpreter.get_signature_runner(signature)(image=values)["probabilities"]


def same_answers(path, alone):
    """Asserts bit-equal answers on noise, signature by signature, by LiteRT alone."""
    whole, rng = Interpreter(str(path)), np.random.default_rng(0)
    assert list(whole.get_signature_list()) == list(alone)
    for signature, file in alone.items():
        single = Interpreter(str(file))
        for _ in range(5):
            values = rng.integers(0, 256, single.get_input_details()[0]["shape"])
            values = values.astype(single.get_input_details()[0]["dtype"])
            expected = answers(single, None, values)
            np.testing.assert_array_equal(answers(whole, signature, values), expected)


@pytest.fixture(scope="module")
def of_two_sizes(variable, pictures):
    """The bundle's files in float32 and int8, both for 24×24 and 30×30."""
    options = {"calibration": pictures.calibration, "input_sizes": (24, 30), "one_file": True}
    return export_model(variable.path, variable.path.parent / "one", ("float32", "int8"), **options)


def test_an_export_to_one_file(of_two_sizes, variable):
    assert [path.name for path in of_two_sizes] == ["any_float32_24_30.tflite", "any_int8_24_30.tflite"]
    same_answers(of_two_sizes[1], dict(zip(("serving_24", "serving_30"), variable.sized, strict=True)))
    for side in (24, 30):
        images = shapes(5, side, 1, seed=8)[0]
        expected = variable.model.predict(images.astype("float32"), verbose=0)
        runner = load_runner(of_two_sizes[0], image_size=(side, side))
        assert np.abs(runner.predict(images) - expected).max() < 1e-5


def test_what_the_manifest_says_of_it(of_two_sizes):
    manifest = json.loads((of_two_sizes[0].parent / "manifest.json").read_text())
    assert {*(path.name for path in of_two_sizes), "example.py", "labels.txt"} <= manifest["files"].keys()
    for entry, path in zip(manifest["models"], of_two_sizes, strict=True):
        runner = Interpreter(str(path))
        for name, signature in entry["signatures"].items():
            (image,) = signature["inputs"]
            details = runner.get_signature_runner(name).get_input_details()[image["name"]]
            assert image["shape"] == details["shape"].tolist()
        assert {end: entry[end] for end in ("inputs", "outputs")} == entry["signatures"]["serving_24"]
        assert identity_of(path)[:2] == ("any", entry["scheme"])
    assert manifest["models"][1]["calibration"]["resized_to"] == {"serving_24": None, "serving_30": [30, 30]}


def test_the_example_takes_the_nearest_size(of_two_sizes, pictures, variable, tmp_path):
    for side in (20, 30):
        picture = Image.fromarray(pictures.test[0, ..., 0]).resize((side, side))
        picture.save(tmp_path / "picture.png")
        size = 30 if side == 30 else 24
        image = np.asarray(picture.resize((size, size), Image.Resampling.BILINEAR))[None, ..., None]
        scores = load_runner(variable.sized[size == 30]).predict(image)[0]
        result = classify(of_two_sizes[0].parent, tmp_path / "picture.png", of_two_sizes[1].name)
        assert first_answer(result) == CLASSES[scores.argmax()]
        assert float(result.stdout.split()[0]) == pytest.approx(scores.max(), abs=6e-4)
    result = classify(of_two_sizes[0].parent, tmp_path / "none.png")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1 + result.stderr.count("INFO:"))


def test_one_size_is_no_reason_for_one_file(variable, fixed, tmp_path):
    for sizes in ((), (24,), (24, 24)):
        with pytest.raises(EdgezooError, match="several input sizes"):
            export_model(variable.path, tmp_path / "out", ["float32"], input_sizes=sizes, one_file=True)
    with pytest.raises(EdgezooError, match="not of size 30"):
        export_model(fixed.path, tmp_path / "out", ["float32"], input_sizes=(24, 30), one_file=True)
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    """Files of an untrained network of the zoo: ``[scheme][signature]`` is a path."""
    folder = tmp_path_factory.mktemp("ordinary")
    build("global_s", input_shape=(None, None, 1)).save(folder / "net.keras")
    calibration = calibration_of(np.random.default_rng(0).integers(0, 256, (4, 28, 28, 1), np.uint8))
    files = export_model(
        folder / "net.keras", folder, ("float32", "int8"), calibration=calibration, input_sizes=(28, 40)
    )
    names = ("serving_28", "serving_40")
    return {scheme: dict(zip(names, files[k::2], strict=True)) for k, scheme in enumerate(("float32", "int8"))}


@pytest.mark.parametrize("scheme", ["float32", "int8"])
def test_two_sizes_take_hardly_more_bytes_than_one(scheme, ordinary, tmp_path):
    alone = ordinary[scheme]
    content = joined({name: path.read_bytes() for name, path in alone.items()})
    assert len(content) <= 1.15 * alone["serving_28"].stat().st_size
    (tmp_path / "net.tflite").write_bytes(content)
    same_answers(tmp_path / "net.tflite", alone)


def test_every_graph_is_xnnpacks_as_in_a_file_of_its_own(two_sizes):
    images = np.random.default_rng(2).integers(0, 256, (4, 20, 20, 1), np.uint8)
    for side, file in two_sizes.alone.items():
        one, other = load_runner(two_sizes.path, 1, (side, side)), load_runner(file, 1)
        assert one.input_shape == (side, side, 1)
        assert one.delegated == other.delegated
        assert one.delegated["operators"]
        np.testing.assert_array_equal(one.predict(images[:, :side, :side]), other.predict(images[:, :side, :side]))


def test_metadata_are_kept_with_the_newest_runtime(two_sizes, edited, tmp_path):
    def newer(model, schema):
        (entry,) = (entry for entry in model.metadata if entry.name == b"min_runtime_version")
        model.buffers[entry.buffer].data = list(b"2.100.0".ljust(16, b"\0"))

    contents = [path.read_bytes() for path in two_sizes.alone.values()]
    path = tmp_path / "joined.tflite"
    for pair in ([contents[0], edited(contents[1], newer)], [edited(contents[0], newer), contents[1]]):
        path.write_bytes(joined(dict(zip("ab", pair, strict=True))))
        assert read_metadata(path, "min_runtime_version").rstrip(b"\0") == b"2.100.0"
        assert identity_of(path) == identity_of(two_sizes.alone[12])


def test_graphs_that_operators_call_keep_their_numbers(convert, served, tmp_path):
    """A loop calls graphs of its own; in the second part they are behind those of the first."""
    import tensorflow as tf

    def looped(step):
        def call(images):
            return tf.while_loop(lambda x: tf.reduce_sum(x) < 1e4, lambda x: (x * step + 1,), (images,))[0]

        return served(convert(call, (3, 3, 1)))

    path = tmp_path / "loops.tflite"
    path.write_bytes(joined({"serving_2": looped(2.0), "serving_3": looped(3.0)}))
    whole, image = Interpreter(str(path)), np.ones((1, 3, 3, 1), np.float32)
    for signature, step in (("serving_2", 2), ("serving_3", 3)):
        expected = image
        while expected.sum() < 1e4:
            expected = expected * step + 1
        np.testing.assert_allclose(answers(whole, signature, image), expected, rtol=1e-5)
    assert Counter(operator.op for operator in read_graph(path).operators)["WHILE"] == 1
