"""Files that contradict themselves, made by hand: each is refused in one line that says where."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from edgezoo.common.errors import EdgezooError
from edgezoo.inspection import read_graph
from edgezoo.inspection.graph import read_graphs
from edgezoo.inspection.records import Records

F32, F16, BF16, INT8 = (getattr(schema.TensorType, name) for name in ("FLOAT32", "FLOAT16", "BFLOAT16", "INT8"))
ADD, WHILE, PADV2 = (getattr(schema.BuiltinOperator, name) for name in ("ADD", "WHILE", "PADV2"))


class File:
    """``y = x + c``, ``z = y + c`` in float32, to be changed and packed; ``model`` is of the schema's objects."""

    def __init__(self):
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.subgraphs = 3, [self.graph]
        self.model.buffers = [schema.BufferT(), schema.BufferT()]
        self.model.buffers[1].data = np.ones(4, "<f4").view(np.uint8)
        self.model.operatorCodes = [schema.OperatorCodeT()]
        self.model.operatorCodes[0].version = 1
        self.graph.tensors = [self.tensor(name, [4], buffer=name == "c") for name in "xcyz"]
        self.graph.operators = [self.operator([0, 1], [2]), self.operator([2, 1], [3])]
        self.graph.inputs, self.graph.outputs = [0], [3]

    @staticmethod
    def tensor(name, shape, buffer=0):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, F32, int(buffer)
        return tensor

    @staticmethod
    def operator(inputs, outputs):
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = 0, inputs, outputs
        return operator

    def kind(self, number):
        self.model.operatorCodes[0].builtinCode = number
        self.model.operatorCodes[0].deprecatedBuiltinCode = number

    def constant(self, values, number=F32):
        """Other values for the constant, of another type."""
        self.model.buffers[1].data = np.asarray(values).view(np.uint8)
        self.graph.tensors[1].type = number

    def quantized(self, index, scale, zero_point=(0,), axis=0):
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint, quantization.quantizedDimension = scale, zero_point, axis
        self.graph.tensors[index].quantization = quantization
        self.graph.tensors[index].type = INT8

    def __bytes__(self):
        return bytes(flatbuffer_utils.convert_object_to_bytearray(self.model))


@pytest.fixture
def file():
    return File()


#: ``(change, words)``: what damages the file, and what is said of it.
DAMAGES = []


def damage(words):
    def keep(change):
        DAMAGES.append(pytest.param(change, words, id=change.__name__))
        return change

    return keep


def test_the_file_that_all_others_are_made_of_is_sound(file):
    graph = read_graph(bytes(file))
    assert [operator.op for operator in graph.operators] == ["ADD", "ADD"]
    np.testing.assert_array_equal(graph.data(1), np.ones(4))


@damage("tensor 1 has its values in buffer 7, and there are 2")
def a_constant_elsewhere(file):
    file.graph.tensors[1].buffer = 7


@damage("tensor 1 ('c') has not as many bytes of values")
def a_constant_too_short(file):
    file.model.buffers[1].data = file.model.buffers[1].data[:12]


@damage("values of a constant lie behind its end")
def a_constant_behind_the_end(file):
    file.model.buffers[1] = schema.BufferT()
    file.model.buffers[1].offset, file.model.buffers[1].size = 10**6, 16


@damage("tensor 0 ('x') has a side of negative length")
def a_negative_side(file):
    file.graph.tensors[0].shape = [-4]


@damage("tensor 1 ('c') has not as many bytes of values")
def a_product_that_no_number_holds(file):
    file.graph.tensors[1].shape = [2**31 - 1] * 4


@damage("has 100 sides")
def too_many_sides(file):
    file.graph.tensors[0].shape = [1] * 100


@damage("tensor 0 ('x') has a shape signature")
def a_signature_of_another_shape(file):
    file.graph.tensors[0].shapeSignature = [-1, 4]


@damage("operator 1 is of kind 3, and there are 1")
def an_operator_of_no_kind(file):
    file.graph.operators[1].opcodeIndex = 3


@damage("tensor 9 is named and is not there")
def a_tensor_that_is_not_there(file):
    file.graph.operators[0].inputs = [0, 9]


@damage("tensor -1 is named and is not there")
def an_output_that_is_not_there(file):
    file.graph.outputs = [-1]


@damage("operator 0, ADD, reads tensor 3 ('z'), which operator 1 writes only afterwards")
def a_circle(file):
    file.graph.operators[0].inputs = [3, 1]


@damage("operator 0, ADD, reads tensor 2 ('y')")
def an_operator_that_reads_itself(file):
    file.graph.operators[0].inputs = [2, 1]


@damage("tensor 2 ('y') is written by two operators, 0 and 1")
def two_writers(file):
    file.graph.operators[1].outputs = [2]


@damage("writes over tensor 1 ('c'), a constant")
def an_operator_that_writes_a_constant(file):
    file.graph.operators[0].outputs = [1]


@damage("writes over tensor 0 ('x'), an input")
def an_operator_that_writes_the_input(file):
    file.graph.operators[0].outputs = [0]


@damage("fusedActivationFunction of an operator ADD is 77")
def an_unknown_activation(file):
    operator = file.graph.operators[0]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.AddOptions, schema.AddOptionsT()
    operator.builtinOptions.fusedActivationFunction = 77


@damage("its graphs run each other in a circle")
def a_graph_that_runs_itself(file):
    file.kind(WHILE)
    operator = file.graph.operators[0]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.WhileOptions, schema.WhileOptionsT()


@damage("operator 0, WHILE, runs graph 5, which is not there")
def a_graph_that_runs_one_that_is_not_there(file):
    a_graph_that_runs_itself(file)
    file.graph.operators[0].builtinOptions.bodySubgraphIndex = 5


@damage("its signature 'serve' is of a graph that is not there")
def a_signature_of_no_graph(file):
    file.model.signatureDefs = [schema.SignatureDefT()]
    file.model.signatureDefs[0].signatureKey, file.model.signatureDefs[0].subgraphIndex = "serve", 4


@damage("it has no graph")
def no_graph(file):
    file.model.subgraphs = []


@damage("is written by two operators")
def a_second_graph_that_is_damaged(file):
    other = File()
    two_writers(other)
    file.model.subgraphs.append(other.graph)


@damage("NaN is among the values of tensor 1 ('c')")
def not_a_number(file):
    file.constant(np.array([1, np.nan, 1, 1], "<f4"))


@damage("NaN is among the values of tensor 1 ('c')")
def not_a_number_in_float16(file):
    file.constant(np.array([1, -np.nan, 1, 1], "<f2"), F16)


@damage("infinity is among the values of tensor 1 ('c')")
def infinity(file):
    file.constant(np.array([1, 1, 1, -np.inf], "<f4"))


@damage("infinity is among the values of tensor 1 ('c')")
def infinity_in_bfloat16(file):
    file.constant(np.array([0x3F80, 0x7F80, 0, 0], "<u2"), BF16)


@damage("NaN is among the values")
def infinity_beside_not_a_number_before_a_maximum(file):
    file.kind(PADV2)
    file.constant(np.array([np.inf, np.nan, 1, 1], "<f4"))


@damage("the scale of tensor 0 ('x') is NaN or infinite")
def a_scale_that_is_no_number(file):
    file.quantized(0, [np.nan])


@damage("the scale of tensor 0 ('x') is NaN or infinite")
def an_infinite_scale_among_others(file):
    file.quantized(0, [1, 1, np.inf, 1], [0] * 4)


@damage("the scale of tensor 0 ('x') is not above zero")
def a_scale_of_zero(file):
    file.quantized(0, [0.0])


@damage("is not above zero")
def a_negative_scale(file):
    file.quantized(0, [-0.5])


@damage("has 3 scales, and not as many channels")
def scales_of_other_channels(file):
    file.quantized(0, [0.5] * 3, [0] * 3)


@damage("has 4 scales, and not as many channels")
def scales_of_no_axis(file):
    file.quantized(0, [0.5] * 4, [0] * 4, axis=9)


@damage("has 4 scales and 2 zero points")
def fewer_zero_points(file):
    file.quantized(0, [0.5] * 4, [0] * 2)


@damage("the zero point of tensor 0 ('x') is none of int8")
def a_zero_point_of_no_int8(file):
    file.quantized(0, [0.5], [200])


@pytest.mark.parametrize(("change", "words"), DAMAGES)
def test_what_contradicts_itself_is_refused_in_one_line(file, change, words, tmp_path):
    change(file)
    path = tmp_path / "m.tflite"
    path.write_bytes(bytes(file))
    for read in (read_graph, read_graphs):
        with pytest.raises(EdgezooError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path} is damaged: ") and words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_infinity_is_a_value_where_operators_have_a_use_for_it(file):
    infinity(file)
    file.kind(PADV2)
    assert np.isneginf(read_graph(bytes(file)).data(1)).sum() == 1


def test_names_that_are_no_text_are_read(file):
    content = bytes(file).replace(b"c\0\0\0", b"\xff\x1b\0\0", 1)
    assert read_graph(content).tensors[1].name != "c"


def test_what_a_file_claims_is_bounded_by_its_size(file):
    """A thousand tensors share a name of a million letters, which unpacked would be a gigabyte."""
    name = "n" * 2**20
    file.graph.tensors[0].name = name
    content = bytearray(bytes(file))
    assert read_graph(bytes(content)).tensors[0].name == name
    file.graph.tensors += [file.tensor("k", [4]) for _ in range(1000)]
    content = bytearray(bytes(file))
    graph = schema.Model.GetRootAs(content, 0).Subgraphs(0)
    long = _name(graph.Tensors(0))
    for place in range(4, graph.TensorsLength()):
        tensor = graph.Tensors(place)._tab
        at = tensor.Pos + tensor.Offset(10)
        content[at : at + 4] = ((long - at) % 2**32).to_bytes(4, "little")
    with pytest.raises(EdgezooError, match="more than a file of its size can"):
        read_graph(bytes(content))


def _name(tensor):
    """Where the name of a tensor is stored."""
    return tensor._tab.Indirect(tensor._tab.Pos + tensor._tab.Offset(10))


def test_records_are_those_of_the_schema_s_own_unpacking(file):
    ours, theirs = Records(bytes(file)), flatbuffer_utils.convert_bytearray_to_object(bytes(file))
    assert [each.name for each in ours.graphs[0].tensors] == [each.name for each in theirs.subgraphs[0].tensors]
    assert [list(each.inputs) for each in ours.graphs[0].operators] == [[0, 1], [2, 1]]
