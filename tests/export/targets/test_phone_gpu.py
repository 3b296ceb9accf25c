"""LiteRT's GPU delegate, on whatever Vulkan driver is here, held against LiteRT on the CPU."""

import numpy as np
import pytest

from edgezoo.common.errors import EdgezooError
from edgezoo.export import TARGETS
from edgezoo.inspection import read_graph
from edgezoo.runtime import Worker, load_runner
from edgezoo.runtime.gpu.partition import partition, stretches

TARGET = TARGETS["phone-gpu"]
#: GPUs may compute in float16: a probability is the outcome of a handful of layers that round to a step of 2^-10.
TOLERANCE = 8 * np.finfo(np.float16).eps


@pytest.mark.parametrize("scheme", ["float32", "float16", "dynamic", "int8"])
def test_it_answers_as_the_cpu_within_float16(gpu, fixed, pictures, scheme):
    path = fixed.files[scheme]
    assert len(pictures.test) == 100
    expected = load_runner(path).predict(pictures.test)
    with Worker(path, runtime=TARGET.run) as worker:
        scores = worker.predict(pictures.test)
        delegated = worker.inspect()["delegated"]
    assert abs(scores - expected).max() < TOLERANCE
    second, first = np.sort(expected, axis=1)[:, -2:].T
    clear = first - second > 2 * TOLERANCE
    assert clear.mean() > 0.5 and np.array_equal(scores.argmax(axis=1)[clear], expected.argmax(axis=1)[clear])
    operators = len(read_graph(path).operators)
    assert delegated == {"operators": operators, "of": operators}


def test_files_of_open_and_of_several_sizes(gpu, zoo, two_sizes):
    for path, size in ((zoo.open_float32, (17, 9)), (two_sizes.path, (20, 20))):
        images = np.random.default_rng(0).integers(0, 256, (5, *size, 1), np.uint8)
        with Worker(path, image_size=size, runtime="gpu") as worker:
            expected = load_runner(path, image_size=size).predict(images)
            assert abs(worker.predict(images) - expected).max() < TOLERANCE


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory, convert):
    """A file in which an operator that the delegate has not stands twice; the longest part is that between them."""
    import tensorflow as tf

    rng = np.random.default_rng(0)

    def conv(image):
        weights = rng.normal(0, 0.3, (3, 3, image.shape[-1], 4)).astype("float32")
        return tf.nn.relu(tf.nn.conv2d(image, weights, 1, "SAME"))

    def reverse(image):
        return tf.reverse_sequence(image, [5], seq_axis=1, batch_axis=0)

    def call(image):
        return tf.reduce_mean(conv(reverse(conv(conv(conv(reverse(conv(image))))))), [1, 2])

    path = tmp_path_factory.mktemp("interrupted") / "interrupted.tflite"
    path.write_bytes(convert(call, (12, 12, 1)))
    return path


def test_it_runs_the_longest_stretch_alone(gpu, interrupted):
    check, found = TARGET.check(interrupted), partition(interrupted)
    assert [each.op for each in check.operators if each.where == "accelerator"] == 3 * ["CONV_2D"]
    assert found["count"] == check.counts["accelerator"] and not check.notes
    reasons = {each.op: each.reason for each in check.operators if each.reason and "refuses" in each.reason}
    assert reasons == {"REVERSE_SEQUENCE": "the delegate refuses it: Operation is not supported"}
    outside = [each for each in check.operators if each.where == "cpu" and each.op != "REVERSE_SEQUENCE"]
    assert all("outside" in each.reason and each.remedy for each in outside)
    with Worker(interrupted, runtime="gpu") as worker:
        assert worker.inspect()["delegated"] == {"operators": 3, "of": len(check.operators)}
        assert "with 3 of" in worker.runtime


def test_integers_of_16_bits_are_named(gpu, zoo):
    check = TARGET.check(zoo.bars_int16x8)
    convolution = next(each for each in check.operators if each.op == "CONV_2D")
    assert "Tensor type(INT16)" in convolution.reason and convolution.remedy == "export float16"


def test_stretches_take_what_is_ready(interrupted):
    """Two branches between which nothing waits are one stretch, wherever their operators stand in the file."""
    graph = read_graph(interrupted)
    refused = {each.index for each in graph.operators if each.op == "REVERSE_SEQUENCE"}
    assert [len(stretch) for stretch in stretches(graph, refused)] == [1, 3, 2]
    assert stretches(graph, set()) == [[each.index for each in graph.operators]]
    assert stretches(graph, {each.index for each in graph.operators}) == []


def test_without_a_driver_it_says_what_to_get(zoo, monkeypatch):
    monkeypatch.setenv("VK_DRIVER_FILES", "/nonexistent")
    for use in (TARGET.check, lambda path: Worker(path, runtime="gpu")):
        with pytest.raises(EdgezooError, match=r"\A.*finds no GPU here; it needs a Vulkan driver.*\Z"):
            use(zoo.bars_float32)
