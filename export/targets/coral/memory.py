"""Parameters of mapped operators on the Edge TPU: what they take there, and what of them stays.

The layout is not documented. It was found in compiled files, whose bytes it gives exactly where a network has
convolutions, dense layers and additions only, as MobileNetV1 and V2 have; what the compiler adds for operators without
weights, such as ``SOFTMAX``, is not in it.
"""

import math

from .rules import parameters

CHIP_BYTES = 8 * 2**20
#: What the activations leave of it to parameters: the least that logs of compiler 16 show of networks on images.
ROOM_BYTES = int(6.89 * 2**20)
#: Dense layers of more inputs are streamed, whatever room there is: 4,096 are cached in compiled files, 16,384 are not.
_WIDEST_CACHED = 4096
#: Bytes of a weight of a depthwise convolution.
_DEPTHWISE_BYTES = 4
_ALIGNED = 64


def parameter_memory(operators, graph):
    """Parameters that stay on the chip and those that are sent anew each time: whole operators, while there is room.

    Args:
        operators: ``inspection.graph.Operator`` each; those that are mapped, in order.
        graph: their ``Graph``.

    Returns:
        ``{"cached parameters": {"bytes": …, "of": …}, "streamed parameters": {"bytes": …, "of": None}}``.
    """
    cached = streamed = 0
    for operator in operators:
        size = _stored_bytes(operator, graph)
        if cached + size <= ROOM_BYTES and not _is_wide(operator, graph):
            cached += size
        else:
            streamed += size
    return {
        "cached parameters": {"bytes": cached, "of": ROOM_BYTES},
        "streamed parameters": {"bytes": streamed, "of": None},
    }


def _is_wide(operator, graph):
    return operator.op == "FULLY_CONNECTED" and graph.tensors[operator.inputs[1]].shape[-1] > _WIDEST_CACHED


def _stored_bytes(operator, graph):
    """Bytes of one operator's parameters as the chip stores them; 0 where it has none."""
    if operator.op in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"):
        weights = graph.tensors[operator.inputs[1]]
        if not weights.is_constant:
            return 0
        return _rounded(_weight_bytes(operator.op, weights.shape) + _bias_bytes(operator.op, weights), _ALIGNED)
    places = {*parameters(operator), *range(2 * (operator.op in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")))}
    tensors = [graph.tensors[index] for place, index in enumerate(operator.inputs) if place in places and index >= 0]
    sizes = [each.size_bytes for each in tensors if each.is_constant and each.dtype in ("int8", "uint8")]
    return _rounded(sum(sizes), _ALIGNED)


def _weight_bytes(op, shape):
    if op == "DEPTHWISE_CONV_2D":
        return _DEPTHWISE_BYTES * math.prod(shape[:-1]) * _rounded(shape[-1], 16)
    return _outputs(shape[0]) * math.prod(shape[1:-1]) * _rounded(shape[-1], 4)


def _bias_bytes(op, weights):
    """A bias of four bytes a channel, and as many for scales of its own."""
    channels = _rounded(weights.shape[-1], 16) if op == "DEPTHWISE_CONV_2D" else _outputs(weights.shape[0])
    return channels * (8 if len(weights.scale) > 1 else 4)


def _outputs(channels):
    return _rounded(channels, 16 if channels <= 64 else 64)


def _rounded(number, step):
    return -(-number // step) * step
