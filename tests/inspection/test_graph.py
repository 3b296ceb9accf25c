import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer.transformations.transformation_utils import pack_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection import read_graph
from edgezoo.zoo import StridedCNN


@pytest.fixture(scope="module")
def tiny(int8_file):
    return int8_file(StridedCNN((10, 10, 3), filters=(4, 5), separable=True, units=()))[1]


def test_tensors_are_those_that_the_interpreter_tells(tiny):
    graph = read_graph(tiny)
    interpreter = Interpreter(str(tiny))
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    for tensor in graph.tensors:
        detail = details[tensor.index]
        assert tensor.name == detail["name"]
        assert tensor.shape == tuple(detail["shape"])
        assert tensor.dtype == np.dtype(detail["dtype"]).name
        np.testing.assert_array_equal(tensor.scale, detail["quantization_parameters"]["scales"])
        np.testing.assert_array_equal(tensor.zero_point, detail["quantization_parameters"]["zero_points"])
    assert graph.inputs == tuple(detail["index"] for detail in interpreter.get_input_details())
    assert graph.outputs == tuple(detail["index"] for detail in interpreter.get_output_details())


def test_operators_are_those_that_the_interpreter_tells(tiny):
    operators = read_graph(tiny).operators
    details = [d for d in Interpreter(str(tiny))._get_ops_details() if d["op_name"] != "DELEGATE"]
    assert [operator.op for operator in operators] == [detail["op_name"] for detail in details]
    assert [operator.outputs for operator in operators] == [tuple(detail["outputs"]) for detail in details]


def test_options_are_words_and_numbers(tiny):
    graph = read_graph(tiny)
    convolution = next(operator for operator in graph.operators if operator.op == "CONV_2D")
    assert convolution.options["padding"] == "SAME"
    assert convolution.options["strideH"] == 2
    assert convolution.options["fusedActivationFunction"] == "RELU"
    assert graph.data(convolution.inputs[1]).shape == (4, 3, 3, 3)
    assert graph.data(convolution.outputs[0]) is None
    assert not any(operator.is_custom for operator in graph.operators)


def test_constants_are_those_that_the_interpreter_reads(tiny):
    graph, interpreter = read_graph(tiny), Interpreter(str(tiny))
    constants = [tensor for tensor in graph.tensors if tensor.is_constant]
    assert constants
    for tensor in constants:
        values = graph.data(tensor.index)
        assert values.nbytes == tensor.size_bytes
        np.testing.assert_array_equal(values, interpreter.get_tensor(tensor.index))


def test_signatures_custom_operators_and_4_bit_constants(tiny, edited):
    def change(model, schema):
        main = model.subgraphs[0]
        ends = [schema.TensorMapT(), schema.TensorMapT()]
        ends[0].name, ends[0].tensorIndex = "pixels", main.inputs[0]
        ends[1].name, ends[1].tensorIndex = "probabilities", main.outputs[0]
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.inputs, signature.outputs = "classify", ends[:1], ends[1:]
        model.signatureDefs = [signature]
        model.description = "a test"
        code = model.operatorCodes[main.operators[-1].opcodeIndex]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.customCode = "own-op"
        weights = main.tensors[first_weights]
        weights.type = schema.TensorType.INT4
        buffer = model.buffers[weights.buffer]
        buffer.data = buffer.data[: len(buffer.data) // 2]

    before = read_graph(tiny)
    first_weights = next(operator.inputs[1] for operator in before.operators if operator.op == "CONV_2D")
    graph = read_graph(edited(tiny.read_bytes(), change))
    assert graph.signatures == {
        "classify": {"inputs": {"pixels": graph.inputs[0]}, "outputs": {"probabilities": graph.outputs[0]}}
    }
    assert graph.description == "a test"
    assert graph.operators[-1].op == "own-op" and graph.operators[-1].is_custom
    weights = graph.tensors[first_weights]
    assert weights.is_constant and weights.dtype == "int4"
    assert weights.size_bytes == before.tensors[first_weights].size_bytes / 2
    stored = before.data(first_weights).view("uint8").ravel()[: weights.size_bytes]
    assert np.array_equal(pack_data(4, graph.data(first_weights)), stored)


def shorten_a_constant(model, schema):
    next(buffer for buffer in model.buffers if buffer.data is not None and len(buffer.data) > 1).data = [1]


def name_a_missing_tensor(model, schema):
    model.subgraphs[0].operators[0].inputs = [len(model.subgraphs[0].tensors)]


def turn_a_side_negative(model, schema):
    model.subgraphs[0].tensors[model.subgraphs[0].inputs[0]].shape = [1, -3, 3, 3]


def lose_an_output(model, schema):
    model.subgraphs[0].outputs = [-1]


@pytest.mark.parametrize("change", [shorten_a_constant, name_a_missing_tensor, turn_a_side_negative, lose_an_output])
def test_a_file_that_contradicts_itself_is_refused(tiny, edited, change):
    with pytest.raises(EdgezooError, match="is damaged"):
        read_graph(edited(tiny.read_bytes(), change))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (b"PK\x03\x04 no model", "not a .tflite file"),
        (b"ab", "not a .tflite"),
    ],
)
def test_what_is_no_model_is_said_in_one_line(tmp_path, content, message):
    path = tmp_path / "m.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EdgezooError, match=message):
        read_graph(path)


def read_or_refuse(content):
    try:
        read_graph(content)
    except EdgezooError as error:
        assert "\n" not in str(error)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_read_or_refused_never_worse(tiny, data):
    content = bytearray(tiny.read_bytes())
    for position in data.draw(st.lists(st.integers(8, len(content) - 1), min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    read_or_refuse(bytes(content))
    read_or_refuse(bytes(content[: data.draw(st.integers(8, len(content)))]))


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_noise_behind_the_identifier_is_refused(noise):
    read_or_refuse(noise[:4].ljust(4, b"\0") + b"TFL3" + noise[4:])
