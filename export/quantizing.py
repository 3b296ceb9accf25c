"""A float file quantized operator by operator, each in the precision that is chosen for it, by ai-edge-quantizer."""

import copy
import importlib.util
import re

import numpy as np

from ..common.errors import EdgezooError
from ..common.quiet import quiet_import, quiet_stderr
from ..inspection.writing import written

#: In the place of bits: activations are float32, and each operator quantizes them on the fly.
_DYNAMIC = "dynamic"
#: Precision → what is tried for an operator, one after another: bits of its activations (``None``: they stay float32)
#: and of its weights.
_BITS = {
    "int8": [(8, 8)],
    "int16x8": [(16, 8)],
    "int8_weights": [(None, 8)],
    # LiteRT has kernels for convolutions with int4 weights of this form alone; the others would be unpacked each time.
    "int4_weights": [(_DYNAMIC, 4), (_DYNAMIC, 8)],
}
#: What an operator can be computed in; operators without weights are float32 in ``int8_weights`` and ``int4_weights``.
PRECISIONS = ("float32", *_BITS)


def quantized(content, precision, choices=None, ranges=None, *, io="float32", per_channel_dense=True):
    """Quantizes a float file.

    An operator that the quantizer has no such form of stays float32, with conversions around it; int4 weights that it
    has no form of are int8.

    Args:
        content: ``bytes`` of a ``.tflite`` file in float32 with one graph; the names of its tensors differ.
        precision: of all operators, an item of ``PRECISIONS``.
        choices: name of the first tensor that an operator writes → the precision of that one instead.
        ranges: what ``ranges.ranges_of`` gives for the file; int8 and int16x8 need it.
        io: type of the input and output, an item of ``IO_TYPES``.
        per_channel_dense: whether weights of dense layers get a scale per channel.

    Returns:
        ``bytes`` of the quantized file; signatures and metadata are those of the float one.

    Raises:
        EdgezooError: ai-edge-quantizer is not installed.
    """
    if importlib.util.find_spec("ai_edge_quantizer") is None:
        raise EdgezooError(
            "files of weights in int8 or int4 and of mixed precision are made by ai-edge-quantizer; "
            "pip install 'edgezoo[quantizer]' brings it"
        )
    flatbuffers = quiet_import("ai_edge_quantizer.utils.tfl_flatbuffer_utils")
    quantizer, choices = quiet_import("ai_edge_quantizer.quantizer").Quantizer(content), choices or {}
    graph = (model := flatbuffers.read_model(content)).subgraphs[0]
    for operator in graph.operators:
        written = graph.tensors[operator.outputs[0]].name.decode()
        kind = flatbuffers.TFL_OP_CODE_TO_NAME.get(model.operatorCodes[operator.opcodeIndex].builtinCode)
        scope = f"^{re.escape(flatbuffers.get_op_scope(operator, graph.tensors))}$"
        by_channel = per_channel_dense or kind != "FULLY_CONNECTED"
        for bits in _BITS.get(choices.get(written, precision), ()) if kind else ():
            if _is_added(quantizer, scope, kind, _config(*bits, by_channel)):
                break
    if io != "float32":
        for end in ("INPUT", "OUTPUT"):
            quantizer.update_quantization_recipe(".*", end, _config(8, 8, signed=io == "int8"))
    if not quantizer.get_quantization_recipe():
        return content
    statistics = {
        name: {"min": np.array([lowest]), "max": np.array([highest])}
        for name, (lowest, highest) in (ranges or {}).items()
    }
    with quiet_stderr():
        result = quantizer.quantize(statistics or None, enable_progress_bar=False, enable_progress_report=False)
    return _with_known_steps(bytes(result.quantized_model))


def _is_added(quantizer, scope, kind, config):
    """Whether the quantizer has that form of that kind of operator, which the recipe has now."""
    try:
        quantizer.update_quantization_recipe(scope, kind, config)
    except ValueError:
        return False
    return True


def _config(activation_bits, weight_bits, by_channel=True, signed=True):
    """The ``OpQuantizationConfig`` of an operator. LiteRT's kernels take symmetric weights and int16 activations."""
    qtyping = quiet_import("ai_edge_quantizer.qtyping")
    weights = qtyping.TensorQuantizationConfig(
        weight_bits,
        granularity=qtyping.QuantGranularity.CHANNELWISE if by_channel else qtyping.QuantGranularity.TENSORWISE,
    )
    if activation_bits is None:
        return qtyping.OpQuantizationConfig(weight_tensor_config=weights, explicit_dequantize=True)
    if activation_bits == _DYNAMIC:
        precision = qtyping.ComputePrecision.INTEGER
        return qtyping.OpQuantizationConfig(weight_tensor_config=weights, compute_precision=precision)
    dtype = qtyping.TensorDataType.INT if signed else qtyping.TensorDataType.UINT
    return qtyping.OpQuantizationConfig(
        qtyping.TensorQuantizationConfig(activation_bits, symmetric=activation_bits == 16, dtype=dtype),
        weights,
        qtyping.ComputePrecision.INTEGER,
    )


def _with_known_steps(content):
    """The file with int8 between int16 and uint8, which LiteRT has no operator for, and with all constants inside."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(content)
    for buffer in model.buffers:
        if (
            buffer.offset > 1
        ):  # the quantizer puts those of more than 256 KiB behind the flatbuffer, where all else ends
            buffer.data = np.frombuffer(content[buffer.offset : buffer.offset + buffer.size], np.uint8)
            buffer.offset = buffer.size = 0
    graph, types = model.subgraphs[0], schema.TensorType
    for place, operator in reversed(list(enumerate(graph.operators))):
        before, after = (graph.tensors[indices[0]] for indices in (operator.inputs, operator.outputs))
        if (before.type, after.type) == (types.INT16, types.UINT8):
            between = copy.deepcopy(after)
            between.name, between.type = after.name + b"_int8", types.INT8
            between.quantization.zeroPoint = after.quantization.zeroPoint - 128
            second = copy.deepcopy(operator)
            operator.outputs = second.inputs = np.array([len(graph.tensors)], np.int32)
            graph.tensors.append(between)
            graph.operators.insert(place + 1, second)
    return written(model)
