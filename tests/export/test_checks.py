"""What targets make of files, asked on the command line and in Python."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from edgezoo.cli import main
from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.export import TARGETS, check_files
from edgezoo.export.checks import falls_back
from edgezoo.export.fresh import settle
from edgezoo.inspection import read_graph


def run(*arguments, status=0):
    result = CliRunner().invoke(main, ["check", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result


def places(check):
    return {operator["op"]: operator["where"] for operator in check["operators"]}


def test_one_file_for_one_target_is_one_document(zoo):
    check = json.loads(run(zoo.bars_int8, "--target", "phone", "--json").stdout)
    graph = read_graph(zoo.bars_int8)
    assert check["file"] == zoo.bars_int8 and check["sha256"] == sha256(zoo.bars_int8)
    assert check["target"] == "phone" and check["refused"] is None
    rows = [(operator["index"], operator["op"]) for operator in check["operators"]]
    assert rows == [(operator.index, operator.op) for operator in graph.operators]
    assert check["total"] == len(rows)
    assert check["accelerated"] == sum(operator["where"] == "accelerator" for operator in check["operators"])
    layers = {operator["op"]: operator["layers"] for operator in check["operators"]}
    assert layers["AVERAGE_POOL_2D"] == [zoo.model.layers[2].name] and layers["QUANTIZE"] == []
    # Known of XNNPACK: int8 convolutions and dense layers are its own, int8 average pooling is LiteRT's.
    assert places(check)["CONV_2D"] == places(check)["FULLY_CONNECTED"] == "accelerator"
    assert places(check)["AVERAGE_POOL_2D"] == "cpu"
    for operator in check["operators"]:
        assert bool(operator["reason"]) == (operator["where"] != "accelerator")


def test_several_are_a_list_and_a_matrix(zoo):
    arguments = zoo.bars_int8, zoo.bars_float32, "--target", "phone", "--target", "browser"
    checks = json.loads(run(*arguments, "--json").stdout)["checks"]
    assert [(check["file"], check["target"]) for check in checks] == [
        (file, target) for file in (zoo.bars_int8, zoo.bars_float32) for target in ("phone", "browser")
    ]
    shown = run(*arguments).stdout
    assert "phone" in shown and "browser" in shown and "on the CPU" in shown


def test_strict_fails_where_something_falls_back(zoo):
    assert "does not run on phone as a whole" in run(zoo.bars_int8, "--target", "phone", "--strict", status=1).stderr
    run(zoo.bars_float32, "--target", "phone", "--strict")
    # A browser has no accelerator to fall back from.
    run(zoo.bars_int8, "--target", "browser", "--strict")
    document = json.loads(run(zoo.bars_int8, "--target", "phone", "--strict", "--json", status=1).stdout)
    assert "failure" not in document and falls_back(document)


def test_what_a_browser_cannot_take_is_refused_with_a_remedy(zoo):
    for file, why, remedy in ((zoo.bars_int16x8, "int16", "--io uint8"), (zoo.open_float32, "open", "--input-size")):
        check = json.loads(run(file, "--target", "browser", "--json").stdout)
        assert why in check["refused"] and remedy in check["remedy"]
        assert check["operators"] == [] and check["total"] == check["accelerated"] == 0
        run(file, "--target", "browser", "--strict", status=1)


@pytest.mark.parametrize("source", ["keras", "open"])
def test_a_model_is_checked_before_there_is_a_file(zoo, source):
    """Operators run where those of the file that is calibrated with images do."""
    ((check,), failures) = check_files([getattr(zoo, source)], ["phone"], input_shape=(20, 20, 1))
    assert not failures and "noise" in check["converted"]
    real = {"keras": zoo.bars_int8, "open": zoo.open_int8_20}[source]
    ((expected,), _) = check_files([real], ["phone"])
    assert places(check) == places(expected) and expected["converted"] is None


def test_of_a_file_for_several_sizes_the_first_is_checked(two_sizes):
    (whole, alone), failures = check_files([two_sizes.path, two_sizes.alone[12]], ["phone"])
    assert not failures
    assert whole["operators"] == alone["operators"]
    assert [note for note in whole["notes"] if note not in alone["notes"]] == [
        f"{two_sizes.path} has a graph for each of 12×12, 20×20 pixels; the one for 12×12 is used."
    ]


def test_a_named_model_is_checked(zoo):
    check = json.loads(run("strided_xs", "--target", "phone", "--input-shape", "16,16,1", "--json").stdout)
    assert check["file"] == "strided_xs" and check["accelerated"] > 0


def test_a_model_is_converted_as_each_target_takes_it(zoo):
    """Coral's files have one scale per dense layer; for others a scale per channel is the finer way."""
    checks, failures = check_files([zoo.keras], ["coral", "ethos-u55-128"])
    assert not failures and [check["accelerated"] == check["total"] for check in checks] == [True, True]
    assert checks[0]["sha256"] != checks[1]["sha256"]


@pytest.fixture
def faint():
    """A network so deep that, untrained, all its logits round to 0 and TFLM's softmax aborts on their scale."""
    import keras

    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 1))
    x = keras.layers.Rescaling(1e-8)(image)  # what some twenty layers do to a signal
    x = keras.layers.Conv2D(4, 3, use_bias=False)(x)
    x = keras.layers.Activation("relu6")(keras.layers.BatchNormalization()(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, activation="softmax")(x))


def test_an_untrained_network_is_checked_as_if_it_were_trained(faint, tmp_path):
    pytest.importorskip("tflite_micro")
    faint.save(tmp_path / "faint.keras")
    before = sha256(tmp_path / "faint.keras")
    result = run(tmp_path / "faint.keras", "--target", "tflm", "--json")
    check = json.loads(result.stdout)
    assert set(places(check).values()) == {"cpu"} and check["memory"]["arena"]["bytes"] > 0
    assert check["file"] == str(tmp_path / "faint.keras") and sha256(tmp_path / "faint.keras") == before
    assert "faint.keras" not in result.stderr  # nothing is asked of a file that the user never sees


def test_statistics_are_those_of_the_images_and_trained_ones_are_kept(faint):
    images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), np.uint8)
    assert settle(faint, images)
    norm = next(each for each in faint.layers if type(each).__name__ == "BatchNormalization")
    convolved = faint.layers[2](faint.layers[1](images.astype("float32"))).numpy()
    np.testing.assert_allclose(norm.moving_mean, convolved.mean((0, 1, 2)), rtol=1e-4, atol=1e-12)
    np.testing.assert_allclose(norm.moving_variance, convolved.var((0, 1, 2)), rtol=1e-3, atol=1e-15)
    assert norm.momentum == 0.99
    assert not settle(faint, images[:4])


def test_what_is_wrong_is_said_in_one_line(zoo, tmp_path):
    broken = tmp_path / "broken.tflite"
    with open(zoo.bars_int8, "rb") as file:
        broken.write_bytes(file.read()[:900])
    result = run(broken, zoo.bars_int8, "--target", "phone", "--json", status=1)
    assert "broken.tflite is damaged" in result.stderr and "Traceback" not in result.stderr
    assert len(json.loads(result.stdout)["checks"]) == 1  # the other file is checked all the same
    assert "unknown model" in run("strided", "--target", "phone", status=1).stderr
    run(zoo.bars_int8, "--target", "phon", status=2)


def test_a_target_without_a_check_says_which_have_one(zoo):
    without = [name for name, target in TARGETS.items() if target.check is None]
    for name in without:
        with pytest.raises(EdgezooError, match=r"it does for .*phone"):
            check_files([zoo.bars_int8], [name])
