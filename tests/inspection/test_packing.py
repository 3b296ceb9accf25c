"""Packed files: what is in them is what was, written once; and what is no matter of packing stays as it is."""

import dataclasses
import io
import zipfile

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.tools import flatbuffer_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from edgezoo.inspection import read_graph
from edgezoo.inspection.graph import read_graphs
from edgezoo.inspection.metadata import read_metadata
from edgezoo.inspection.packing import packed
from edgezoo.inspection.scopes import Scopes
from edgezoo.inspection.writing import written

from ..tflite_metadata import labelled

INT8 = schema.TensorType.INT8
VALUES = st.sampled_from([None, b"", b"\0" * 4, b"\1\2\3\4", b"\1\2\3\4"])


def names(numbered):
    """What converters call tensors: operations in scopes, which all have numbers or none."""
    scopes = st.lists(st.sampled_from(["a_1", "b_1", "a_2", "c_1_1"] if numbered else ["a", "b", "a_b"]), max_size=3)
    calls = st.sampled_from(["", "PartitionedCall/", "StatefulPartitionedCall/StatefulPartitionedCall/"])
    own = st.sampled_from(["convolution", "Relu", "1", "x:0"])
    operation = st.builds(lambda call, scopes, own: call + "/".join(["net", *scopes, own]), calls, scopes, own)
    return st.lists(st.one_of(operation, own), max_size=3).map(";".join)


@st.composite
def models(draw, numbered):
    """Tensors in a row, each of which is made of the one before and perhaps a constant."""
    length = draw(st.integers(1, 6))
    tensors = [
        schema.TensorT(
            name=draw(names(numbered)).encode(),
            shape=np.array([4], np.int32),
            type=INT8,
            buffer=draw(st.integers(1, 4)) if number >= length else 0,
            quantization=schema.QuantizationParametersT(
                scale=np.full(1, draw(st.sampled_from([0.5, 0.25])), np.float32),
                zeroPoint=np.full(1, draw(st.integers(0, 1))),
                min=draw(st.sampled_from([None, np.zeros(1, np.float32)])),
            ),
        )
        for number in range(2 * length)
    ]
    operators = [
        schema.OperatorT(
            opcodeIndex=draw(st.integers(0, 2)),
            inputs=np.array([number, length + number], np.int32),
            outputs=np.array([number + 1], np.int32),
        )
        for number in range(length - 1)
    ]
    buffers = [schema.BufferT(), *(schema.BufferT(data=_bytes(draw(VALUES))) for _ in range(4))]
    codes = [schema.OperatorCodeT(builtinCode=draw(st.integers(0, 1))) for _ in range(3)]
    graph = schema.SubGraphT(tensors=tensors, operators=operators, inputs=_ints([0]), outputs=_ints([length - 1]))
    return schema.ModelT(version=3, subgraphs=[graph], buffers=buffers, operatorCodes=codes)


def _bytes(values):
    return None if values is None else np.frombuffer(values, np.uint8)


def _ints(values):
    return np.array(values, np.int32)


def as_it_was(content):
    return bytes(flatbuffer_utils.convert_object_to_bytearray(content))


def meaning(content):
    """What runtimes find in a file, by flatbuffers' own reader."""
    model = flatbuffer_utils.convert_bytearray_to_object(content)
    tensors, operators = [], []
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            quantization = tensor.quantization
            facts = [tensor.shape, data, quantization and quantization.scale, quantization and quantization.zeroPoint]
            tensors.append([tensor.type, *(None if each is None else each.tolist() for each in facts)])
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            options = vars(operator.builtinOptions) if operator.builtinOptions else {}
            options = {key: str(value) for key, value in options.items()}
            custom = None if operator.customOptions is None else bytes(operator.customOptions)
            operators.append([vars(code), operator.inputs.tolist(), operator.outputs.tolist(), options, custom])
    return tensors, operators


def named(content):
    return [
        tensor.name.decode() for tensor in flatbuffer_utils.convert_bytearray_to_object(content).subgraphs[0].tensors
    ]


@settings(max_examples=60)
@given(st.data(), st.booleans())
def test_packing_twice_is_packing_once(data, numbered):
    model = data.draw(models(numbered))
    content = as_it_was(model)
    once, why = packed(content, numbered)
    assert why is None
    assert packed(once, numbered) == (once, None)
    assert meaning(once) == meaning(content)
    before, after = named(content), named(once)
    inner = [name for name, old in zip(after, before, strict=True) if name != old]
    assert len(set(inner)) == len(inner) and not {*inner} & {*(set(before) & set(after))}
    ends = {*model.subgraphs[0].inputs, *model.subgraphs[0].outputs}
    assert [after[end] for end in ends] == [before[end] for end in ends]


@pytest.fixture(scope="module")
def content(convert, served):
    """An int8 file of depthwise and pointwise convolutions, a branch and a split, as TensorFlow's converter has it."""
    import tensorflow as tf

    random = np.random.default_rng(0)

    def weights(*shape):
        return tf.constant(random.normal(0, 0.3, shape), tf.float32)

    first, *later = [(weights(3, 3, 16, 1), weights(1, 1, 16, 16), weights(16)) for _ in range(4)]

    def call(image):
        with tf.name_scope("net"):
            with tf.name_scope("stem"):
                x = tf.nn.relu(tf.nn.conv2d(image / 255, weights(3, 3, 3, 16), 2, "SAME"))
            for number, (depthwise, pointwise, bias) in enumerate([first, *later, first]):
                with tf.name_scope(f"block{number}"):
                    y = tf.nn.relu(tf.nn.depthwise_conv2d(x, depthwise, [1, 1, 1, 1], "SAME"))
                    x = tf.nn.conv2d(y, pointwise, 1, "SAME") + bias + x
            with tf.name_scope("parts"):
                one, other = tf.split(x, 2, axis=-1)
            with tf.name_scope("head"):
                return tf.nn.softmax(tf.reduce_mean(one * other, [1, 2]))

    return served(convert(call, (16, 16, 3), "int8"))


def answers(content, resolver=None):
    """Scores for noise, and the operators that ran."""
    options = {"experimental_op_resolver_type": resolver} if resolver else {}
    interpreter = Interpreter(model_content=content, **options)
    run = interpreter.get_signature_runner("served")
    details = run.get_input_details()["image"]
    images = np.random.default_rng(3).integers(0, 256, (5, *details["shape"]))
    rows = [run(image=image.astype(details["dtype"]))["probabilities"] for image in images]
    return np.stack(rows), [each["op_name"] for each in interpreter._get_ops_details()]


@pytest.mark.parametrize("resolver", ["AUTO", "BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"])
def test_litert_answers_the_same_by_the_same_operators(content, resolver):
    from ai_edge_litert.interpreter import OpResolverType

    new, _ = packed(content)
    (before, operators), (after, same) = (answers(each, OpResolverType[resolver]) for each in (content, new))
    np.testing.assert_array_equal(after, before)
    assert same == operators and ("DELEGATE" in same) == (resolver == "AUTO")
    assert len(new) < 0.8 * len(content)


def test_values_are_aligned_and_equal_ones_are_one(content):
    new, _ = packed(content)
    model = schema.Model.GetRootAs(new, 0)
    buffers = [model.Buffers(number) for number in range(model.BuffersLength())]
    values = [buffer.DataAsNumpy().tobytes() for buffer in buffers[1:]]
    assert all(values) and len(set(values)) == len(values)
    assert all(buffer._tab.Vector(buffer._tab.Offset(4)) % 16 == 0 for buffer in buffers[1:])
    graph = model.Subgraphs(0)
    tables = [graph.Tensors(number).Quantization() for number in range(graph.TensorsLength())]
    points = {}
    for table in filter(None, tables):
        if table.ZeroPointLength() > 1:
            points.setdefault(table.ZeroPointLength(), set()).add(table._tab.Vector(table._tab.Offset(10)))
    assert points and all(len(places) == 1 for places in points.values())


def test_layers_are_found_as_before(content):
    before, after = read_graph(content), read_graph(packed(content)[0])
    found = []
    for graph in (before, after):
        names = [graph.name_of(operator) for operator in graph.operators]
        scopes = Scopes(names)
        found.append([(scopes.layers(name), scopes.layer(name.split(";")[0])) for name in names])
    assert found[0] == found[1]
    assert {"stem", "parts", "head"} <= {layer for layers, _ in found[1] for layer in layers}
    assert sum(len(tensor.name) for tensor in after.tensors) < sum(len(tensor.name) for tensor in before.tensors)
    assert len({tensor.name for tensor in after.tensors}) == len(after.tensors)
    unnamed = [[dataclasses.replace(tensor, name="") for tensor in graph.tensors] for graph in (before, after)]
    assert unnamed[0] == unnamed[1]
    ends = [
        (graph.inputs, graph.outputs, graph.signatures, graph.name_of(graph.operators[-1])) for graph in (before, after)
    ]
    assert ends[0] == ends[1]


def test_metadata_and_the_files_behind_them_stay(content):
    described = labelled(content, {"labels.txt": b"a\nb\n" * 50, "more.txt": b"c\n"})
    new, _ = packed(described)
    assert len(new) < len(described)
    with zipfile.ZipFile(io.BytesIO(new)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "labels.txt": b"a\nb\n" * 50,
            "more.txt": b"c\n",
        }
    assert packed(new) == (new, None)
    assert new.index(b"PK\3\4") == len(packed(content)[0]) or new.count(b"PK\3\4") == 2
    np.testing.assert_array_equal(answers(new)[0], answers(content)[0])


def test_metadata_are_read_as_before(content, tmp_path):
    path = tmp_path / "file.tflite"
    path.write_bytes(labelled(content, {"labels.txt": b"a\n"}))
    entries = ("TFLITE_METADATA", "min_runtime_version")
    before = [read_metadata(path, entry) for entry in entries]
    path.write_bytes(packed(path.read_bytes())[0])
    assert all(before) and [read_metadata(path, entry) for entry in entries] == before


def test_loops_sparse_constants_and_custom_options_survive(convert, edited):
    import tensorflow as tf

    def call(images):
        return tf.while_loop(lambda x: tf.reduce_sum(x) < 1e4, lambda x: (x * 2 + 1,), (images,))[0]

    def change(model, schema):
        dense = schema.DimensionMetadataT(denseSize=3)
        segments = schema.Uint16VectorT(values=np.array([0, 2], np.uint16))
        indices = schema.Uint8VectorT(values=np.array([0, 1], np.uint8))
        sparse = schema.DimensionMetadataT(
            format=schema.DimensionType.SPARSE_CSR,
            arraySegmentsType=schema.SparseIndexVector.Uint16Vector,
            arraySegments=segments,
            arrayIndicesType=schema.SparseIndexVector.Uint8Vector,
            arrayIndices=indices,
        )
        order = np.array([0, 1], np.int32)
        model.subgraphs[-1].tensors[-1].sparsity = schema.SparsityParametersT(
            traversalOrder=order, dimMetadata=[dense, sparse]
        )
        model.operatorCodes.append(schema.OperatorCodeT(customCode="mine", builtinCode=32, deprecatedBuiltinCode=32))
        code = len(model.operatorCodes) - 1
        options = np.arange(7, dtype=np.uint8)
        graph = model.subgraphs[0]
        graph.operators.append(
            schema.OperatorT(opcodeIndex=code, inputs=_ints([0]), outputs=_ints([]), customOptions=options)
        )

    loop = convert(call, (3, 3, 1))
    new, _ = packed(loop)
    assert len(read_graphs(loop)) == len(read_graphs(new)) and meaning(new) == meaning(loop)
    image = np.ones((1, 3, 3, 1), np.float32)
    results = []
    for content in (loop, new):
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        results.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    np.testing.assert_array_equal(*results)
    changed = edited(loop, change)
    new, _ = packed(changed)
    assert meaning(new) == meaning(changed) and [0, 1, 2, 3, 4, 5, 6] in [
        list(custom) for *_, custom in meaning(new)[1] if custom
    ]
    sparsity = flatbuffer_utils.convert_bytearray_to_object(new).subgraphs[-1].tensors[-1].sparsity
    assert sparsity.traversalOrder.tolist() == [0, 1] and sparsity.dimMetadata[0].denseSize == 3
    assert sparsity.dimMetadata[1].arraySegments.values.tolist() == [0, 2]
    assert sparsity.dimMetadata[1].arrayIndices.values.tolist() == [0, 1]


def custom(name):
    def change(model, schema):
        model.operatorCodes[0] = schema.OperatorCodeT(customCode=name, builtinCode=32, deprecatedBuiltinCode=32)

    return change


def newer(model, schema):
    model.subgraphs[0].operators[0].builtinOptionsType = 250
    model.subgraphs[0].operators[0].builtinOptions = schema.AddOptionsT()


def behind(model, schema):
    model.buffers[-1].data, model.buffers[-1].offset, model.buffers[-1].size = None, 500, 4


def outside(model, schema):
    model.externalBufferGroups = [schema.ExternalBufferGroupT(name="weights.bin")]


def not_empty(model, schema):
    model.buffers[0].data = np.ones(4, np.uint8)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (custom("edgetpu-custom-op"), "compiled for the Edge TPU"),
        (custom("DISPATCH_OP"), "compiled for an NPU"),
        (newer, "more than this version"),
        (outside, "more than this version"),
        (behind, "behind the flatbuffer"),
        (not_empty, "first buffer"),
    ],
)
def test_what_would_lose_something_is_left_alone(content, edited, change, words):
    changed = edited(content, change)
    same, why = packed(changed)
    assert same is changed and words in why


def test_a_field_that_the_schema_here_lacks(content, monkeypatch):
    """The table of a tensor with one place more, as a newer schema would have it."""
    monkeypatch.setattr(schema, "TensorStart", lambda builder: builder.StartObject(12))
    end = schema.TensorEnd
    monkeypatch.setattr(schema, "TensorEnd", lambda builder: (builder.PrependUint32Slot(11, 7, 0), end(builder))[1])
    changed = as_it_was(flatbuffer_utils.convert_bytearray_to_object(content))
    monkeypatch.undo()
    assert "more than this version" in packed(changed)[1]


def test_what_is_written_is_what_a_reader_of_flatbuffers_reads(content):
    """Any model comes back from ``written`` as it went in."""
    model = flatbuffer_utils.convert_bytearray_to_object(content)
    again = flatbuffer_utils.convert_bytearray_to_object(written(model))
    assert meaning(as_it_was(again)) == meaning(content) and named(as_it_was(again)) == named(content)
