"""Small networks and files, made without a converter."""

import json

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from edgetpu_placements import graph_of
from flatbuffers import flexbuffers


class _Binary(bytes):
    """Bytes for a FlexBuffer's string: libedgetpu puts binary code into one."""

    def encode(self, encoding):
        return self


def _row(op, inputs, outputs, options=None, version=1, is_custom=False):
    """A row of the table of operators; a tensor is ``(number, shape)``, with type and values behind it as it likes."""

    def tensors(listed):
        return json.dumps([each and _tensor(*each) for each in listed])

    return {
        "op": op,
        "is_custom": str(int(is_custom)),
        "version": str(version),
        "inputs": tensors(inputs),
        "outputs": tensors(outputs),
        "options": json.dumps(options or {}),
    }


def _tensor(number, shape, dtype="int8", values=None):
    return [number, dtype, list(shape), values]


@pytest.fixture(scope="session")
def network():
    """``network((op, inputs, outputs, …), …) → Graph``."""
    return lambda *rows: graph_of([_row(*each) for each in rows])


@pytest.fixture(scope="session")
def tflite():
    """``tflite(operators, custom={name: options}) → bytes`` of a file of int8 operators, one after another.

    Operator n makes the tensor named ``t`` and n + ``first``.
    """

    def make(operators, custom=None, signature=None, first=1):
        codes = list(dict.fromkeys(operators))
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = [], []
        for number in range(len(operators) + 1):
            tensor = schema.TensorT()
            tensor.name, tensor.shape, tensor.type, tensor.buffer = (
                f"t{number + first - 1}",
                [1, 4, 4, 8],
                schema.TensorType.INT8,
                0,
            )
            if signature:
                tensor.shapeSignature = signature
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [0.5], [0]
            graph.tensors.append(tensor)
        for number, name in enumerate(operators):
            operator = schema.OperatorT()
            operator.opcodeIndex, operator.inputs, operator.outputs = codes.index(name), [number], [number + 1]
            if name in (custom or {}):
                operator.customOptions = np.frombuffer(custom[name], np.uint8)
            graph.operators.append(operator)
        graph.inputs, graph.outputs = [0], [len(operators)]
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [graph], [schema.BufferT()]
        model.operatorCodes = []
        for name in codes:
            code = schema.OperatorCodeT()
            builtin = getattr(schema.BuiltinOperator, name, schema.BuiltinOperator.CUSTOM)
            code.builtinCode, code.deprecatedBuiltinCode, code.version = builtin, min(builtin, 127), 1
            if builtin == schema.BuiltinOperator.CUSTOM:
                code.customCode = name
            model.operatorCodes.append(code)
        return bytes(flatbuffer_utils.convert_object_to_bytearray(model))

    return make


@pytest.fixture(scope="session")
def package():
    """``package(cached=, streamed=, …) → bytes``: options of the custom operator, built by libedgetpu's schema."""

    def table(builder, slots, fields):
        builder.StartObject(slots)
        for slot, (kind, value) in fields.items():
            getattr(builder, f"Prepend{kind}Slot")(slot, value, 0)
        return builder.EndObject()

    def executable(kind, parameters):
        builder = flatbuffers.Builder()
        chip, weights = builder.CreateString("beagle"), builder.CreateByteVector(bytes(parameters))
        reference = "UOffsetTRelative"
        fields = {6: (reference, weights), 10: (reference, chip), 12: ("Int32", 4096), 13: ("Int16", kind)}
        builder.Finish(table(builder, 17, fields))
        return bytes(builder.Output())

    def make(cached=1000, streamed=0, runtime=13, compiler="cl/343520747", identifier=b"DWN1"):
        inner = flatbuffers.Builder()
        ends = [inner.CreateString(each) for each in (executable(2, streamed), executable(1, cached))]
        inner.StartVector(4, len(ends), 4)
        for end in reversed(ends):
            inner.PrependUOffsetTRelative(end)
        inner.Finish(table(inner, 1, {0: ("UOffsetTRelative", inner.EndVector())}))
        outer = flatbuffers.Builder()
        content, name = outer.CreateByteVector(bytes(inner.Output())), outer.CreateString(compiler)
        reference = "UOffsetTRelative"
        fields = {0: ("Int32", runtime), 1: (reference, content), 4: (reference, name)}
        outer.Finish(table(outer, 8, fields), file_identifier=identifier)
        options = flexbuffers.Builder()
        with options.Map():
            options.Int("1", 0)
            options.String("4", _Binary(outer.Output()))
            options.Int("5", -1)
        return bytes(options.Finish())

    return make
