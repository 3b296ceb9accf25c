"""Against the formulas, on arrays; and against two interpreters of one's own, on files."""

import numpy as np
import pytest

from edgezoo.datasets.dataset import Split
from edgezoo.evaluate.debugger.debugging import layers_of, worst
from edgezoo.evaluate.debugger.noise import Noise
from edgezoo.inspection import read_graph


def test_measures_are_those_of_their_formulas():
    random = np.random.default_rng(0)
    signal = random.normal(3, 2, (5, 4, 6))
    received = signal + random.normal(0, 0.1, signal.shape)
    noise = Noise()
    for one, other in zip(signal, received, strict=True):
        noise.add(one, other)
    row = noise.row()
    assert row["sqnr_db"] == pytest.approx(10 * np.log10(np.mean(signal**2) / np.mean((received - signal) ** 2)))
    angle = np.vdot(signal, received) / np.linalg.norm(signal) / np.linalg.norm(received)
    assert row["cosine"] == pytest.approx(angle)
    assert row["rms"] == pytest.approx(np.std(received - signal), rel=0.01)
    shares = np.sum((received - signal) ** 2, axis=(0, 1)) / np.sum(signal**2, axis=(0, 1))
    assert row["channel_sqnr_db"] == pytest.approx(-10 * np.log10(shares.mean()))


def test_the_scale_of_a_channel_does_not_matter_to_the_ratio_in_channels():
    random = np.random.default_rng(0)
    signal, factors = random.normal(3, 2, (50, 6)), 2.0 ** np.array([0, 3, 6, -2, 1, 9])
    received, silent = signal + random.normal(0, 0.1, signal.shape), np.zeros((50, 1))
    rows = []
    for scale in (1, factors):
        noise = Noise()
        noise.add(np.hstack([signal * scale, silent]), np.hstack([received * scale, silent + 0.1]))
        rows.append(noise.row())
    assert rows[0]["channel_sqnr_db"] == pytest.approx(rows[1]["channel_sqnr_db"])
    assert rows[0]["sqnr_db"] != pytest.approx(rows[1]["sqnr_db"], abs=0.1)


def test_a_channel_that_is_all_noise_counts_for_one():
    noise = Noise()
    noise.add(np.array([[1.0, 1e-3]]), np.array([[1.0, 5.0]]))
    assert noise.row()["channel_sqnr_db"] == pytest.approx(10 * np.log10(2))


def test_uniform_rounding_has_the_ratio_of_the_textbook():
    """6.02 dB a bit: a signal that is uniform over all steps has 4^bits times the power of their rounding."""
    signal, noise = np.random.default_rng(1).uniform(-1, 1, 100_000), Noise()
    noise.add(signal, np.round(signal * 128) / 128)
    assert noise.row()["sqnr_db"] == pytest.approx(20 * np.log10(2**8), abs=0.1)
    assert noise.row()["rms"] == pytest.approx(1 / 128 / np.sqrt(12), rel=0.01)


def test_nothing_that_is_not_there_has_a_ratio():
    noise = Noise()
    noise.add(np.ones(3), np.ones(3))
    assert noise.row() == {"sqnr_db": None, "channel_sqnr_db": None, "cosine": pytest.approx(1), "rms": 0}
    noise = Noise()
    noise.add(np.zeros(3), np.ones(3))
    assert noise.row() == {"sqnr_db": None, "channel_sqnr_db": None, "cosine": None, "rms": 1}


@pytest.fixture(scope="module")
def images(dataset):
    return dataset.validation.take(12)


@pytest.fixture(scope="module")
def layers(zoo, images):
    return layers_of(zoo.bars_int8, zoo.bars_float32, images)


def dequantized(details, values):
    scale, zero_point = details["quantization"]
    return scale * (values.astype(np.float64) - zero_point) if scale else values.astype(np.float64)


def tensors(path, images):
    """Place of an operator → what it writes for all images, by an interpreter of one's own."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(path, experimental_op_resolver_type=resolver, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    (source,), found = interpreter.get_input_details(), {}
    for image in images:
        interpreter.set_tensor(source["index"], image[None].astype(source["dtype"]))
        interpreter.invoke()
        for operator in read_graph(path).operators:
            index = operator.outputs[0]
            found.setdefault(operator.index, []).append(dequantized(details[index], interpreter.get_tensor(index)))
    return {index: np.stack(values) for index, values in found.items()}


def test_the_noise_of_layers_is_what_interpreters_give(zoo, images, layers):
    pixels = images.read(np.arange(len(images)))
    received, expected = tensors(zoo.bars_int8, pixels), tensors(zoo.bars_float32, pixels)
    floats = {operator.op: operator.index for operator in read_graph(zoo.bars_float32).operators}
    measured = {layer["op"]: layer for layer in layers if layer["error"]}
    assert {"CONV_2D", "AVERAGE_POOL_2D", "FULLY_CONNECTED", "SOFTMAX"} <= set(measured)
    for op, layer in measured.items():
        signal, got = expected[floats[op]], received[layer["index"]].reshape(expected[floats[op]].shape)
        ratio = 10 * np.log10(np.sum(signal**2) / np.sum((got - signal) ** 2))
        assert layer["error"]["sqnr_db"] == pytest.approx(ratio, abs=1e-3), op
        channels = np.abs(signal).reshape(-1, signal.shape[-1]).max(axis=0)
        assert layer["channel_ranges"] == pytest.approx(channels.tolist(), rel=1e-5)


def test_a_layer_s_own_noise_is_that_on_the_inputs_that_it_has(zoo, images, layers):
    """The dense layer by hand: the float weights on the flattened maps of the int8 file."""
    received = tensors(zoo.bars_int8, images.read(np.arange(len(images))))
    (layer,) = (each for each in layers if each["op"] == "FULLY_CONNECTED")
    before = next(each for each in layers if each["op"] == "RESHAPE")
    kernel, bias = (np.asarray(weight, np.float64) for weight in zoo.model.layers[-1].get_weights())
    signal = received[before["index"]].reshape(len(images), -1) @ kernel + bias
    noise = received[layer["index"]].reshape(signal.shape) - signal
    ratio = 10 * np.log10(np.sum(signal**2) / np.sum(noise**2))
    assert layer["own_error"]["sqnr_db"] == pytest.approx(ratio, abs=0.01)
    assert layer["own_error"]["sqnr_db"] != pytest.approx(layer["error"]["sqnr_db"], abs=0.01)


def test_what_moves_numbers_alone_has_no_noise_of_its_own(layers):
    (flatten,) = (place for place, layer in enumerate(layers) if layer["op"] == "RESHAPE")
    assert layers[flatten]["own_error"]["rms"] == 0 and layers[flatten]["error"]["rms"] > 0
    assert [cause["kind"] for cause in layers[flatten]["causes"]] == ["inherited"]
    ratios = [layers[place]["own_error"]["channel_sqnr_db"] for place in worst(layers)]
    assert flatten not in worst(layers) and ratios == sorted(ratios)


def test_sixteen_bits_are_quieter(zoo, images, layers):
    quiet = layers_of(zoo.bars_int16x8, zoo.bars_float32, images)
    by_op = {layer["op"]: layer["error"]["sqnr_db"] for layer in layers if layer["error"]}
    for layer in quiet:
        if layer["error"] and layer["op"] in ("CONV_2D", "AVERAGE_POOL_2D"):
            assert layer["error"]["sqnr_db"] > by_op[layer["op"]] and layer["steps"] == 65536


def test_clipped_values_are_counted(zoo, images, tmp_path, edited):
    """With half of its scale, the first tensor holds half of its range."""
    graph = read_graph(zoo.bars_int8)
    index = next(each for each in graph.operators if each.op == "CONV_2D").outputs[0]

    def halve(model, schema):
        quantization = model.subgraphs[0].tensors[index].quantization
        quantization.scale = quantization.scale / 2

    path = tmp_path / "halved.tflite"
    with open(zoo.bars_int8, "rb") as file:
        path.write_bytes(edited(file.read(), halve))
    layer = next(each for each in layers_of(path, zoo.bars_float32, images) if each["op"] == "CONV_2D")
    end = (127 - graph.tensors[index].zero_point[0]) * graph.tensors[index].scale[0] / 2
    place = next(each for each in read_graph(zoo.bars_float32).operators if each.op == "CONV_2D").index
    values = tensors(zoo.bars_float32, images.read(np.arange(len(images))))[place]
    assert layer["clipped"] == pytest.approx(np.mean(values > end), abs=0.002) and layer["clipped"] > 0.01
    assert layer["causes"][0]["kind"] == "clipping"


def test_another_size_of_images_is_that_of_the_file(two_sizes, zoo, dataset):
    for size in (12, 20):
        split = dataset.validation.take(3).at((size, size, 1))
        whole, alone = (layers_of(path, zoo.open_float32, split) for path in (two_sizes.path, two_sizes.alone[size]))
        assert isinstance(split, Split) and len(whole) == len(alone)
        assert [each["error"] for each in whole] == [each["error"] for each in alone]
        assert any(each["error"] for each in whole)
