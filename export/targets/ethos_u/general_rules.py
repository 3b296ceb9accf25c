"""Rules that many operators are under: types, quantization, shapes, weights and bias.

Where a rule leaves room, the function is on the strict side: what it passes, Vela passes.
"""

import numpy as np

from .rulebook import Rulebook, types_in

RULES = Rulebook()
_rule = RULES.rule


@_rule(r"Only the first dimension of tensors can be dynamic")
def _static(it):
    if any(-1 in each.shape_signature[1:] for each in it.feature_maps):
        return "a side other than the batch is open"


@_rule(r"Tensors must have constant shape")
def _shaped(it):
    return (
        "it computes with a scalar" if any(not (each.shape or each.is_constant) for each in it.feature_maps) else None
    )


@_rule(r"Operations must have at least one IFM")
def _has_input(it):
    return None if it.ifms else "it has no input"


@_rule(r"Operations must have at least one OFM")
def _has_output(it):
    return None if it.ofms else "it has no output"


@_rule(r"Feature-map dataTypes must be one of \{(.*)\}")
def _types(it, types):
    for each in it.feature_maps:
        if each.dtype not in types_in(types):
            return f"it works on {each.dtype}"


@_rule(r"(32|64)-bit feature-maps are not supported")
def _wide(it, bits):
    for each in it.feature_maps:
        if each.dtype.endswith(bits):
            return f"it works on {each.dtype}"


@_rule(r"Input\(s\), Output and Weight tensors must have quantization parameters")
def _quantized(it):
    for each in [*it.feature_maps, *filter(None, [it.weights])]:
        if each.dtype != "bool" and not (each.scale and each.zero_point):
            return "a tensor is not quantized"


@_rule(r"Quantization scale of any tensor must be positive")
def _positive(it):
    if any(min(each.scale, default=1) <= 0 for each in filter(None, [*it.inputs, *it.ofms])):
        return "a scale is not positive"


@_rule(r"Per-axis quantization is not supported")
def _per_tensor(it):
    if any(len(each.scale) > 1 for each in filter(None, [*it.inputs, *it.ofms])):
        return "a tensor has a scale for every channel"


@_rule(r"Zero-points must be 0 for Int32 and non-negative for unsigned|[IO]FM Zero-points must be in the range")
def _zero_points(it):
    for each in it.feature_maps:
        for zero in each.zero_point:
            narrow = {"int8": -128 <= zero <= 127, "uint8": 0 <= zero <= 255}
            if not narrow.get(each.dtype, zero == 0):
                return f"a zero point of {each.dtype} is {zero}"


@_rule(r"Parameter tensors must be constant")
def _constant(it):
    return None if all(each.is_constant for each in it.parameters) else "a parameter is computed by the network"


@_rule(r"Weight tensors must be 8-bit precision")
def _weights(it):
    if it.weights.dtype not in ("int8", "uint8"):
        return f"its weights are {it.weights.dtype}"


@_rule(r"Weigth sum constraints.*8-bit IFM.*cannot exceed (\d+).*16-bit IFM.*cannot exceed (\d+)")
def _weight_sum(it, limit8, limit16):
    values = it.values(1)
    if values is None:
        return None
    depthwise = it.op == "DEPTHWISE_CONV_2D"
    # From the values of one output channel on the safe side of any zero point, as the compiler does first.
    if 255 * values.size // values.shape[-1 if depthwise else 0] < int(limit8):
        return None
    zero = np.asarray(it.weights.zero_point or (0,))
    channel = np.moveaxis(values, -1, 0) if depthwise else values
    sums = np.abs(channel.reshape(len(channel), -1).astype(np.int64) - zero[:, None]).sum(1)
    if sums.max() > int(limit16 if it.ifm.dtype == "int16" else limit8):
        return "the weights of an output channel add up to too much"


@_rule(r"Bias values must be stored in the channel axis")
def _bias_shape(it):
    return "its bias is no vector" if it.bias and it.bias.elements > (it.bias.shape or (1,))[-1] else None


@_rule(r"Bias tensors must be constant")
def _bias_constant(it):
    return "its bias is computed by the network" if it.bias and not it.bias.is_constant else None


@_rule(r"Bias tensors precision must be")
def _bias_type(it):
    return f"its bias is {it.bias.dtype}" if it.bias and it.bias.dtype not in ("int32", "int64") else None


@_rule(r"Int64 bias must be smaller than (\d+)")
def _bias_range(it, limit):
    if it.bias and it.bias.dtype == "int64" and np.abs(it.values(it.inputs.index(it.bias))).max() >= int(limit):
        return "a value of its bias is too large"
