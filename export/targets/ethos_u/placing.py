"""From what Vela, or its rules, say of a file's operators to placements in words."""

import re

from ..checking import ACCELERATOR, CPU, Placement
from .rules import broken
from .vela import left_to_cpu, name_of

#: What to do about an operator; about one on floating point, see ``_remedy``.
_REMEDIES = {
    "ARG_MAX": "take the index on the CPU, of the network's last output",
    "AVERAGE_POOL_2D": "pool with a window of at most 8x8 and a stride of at most 3, with VALID padding, or globally",
    "CONV_2D": "use a stride of at most 3, or VALID padding without dilation",
    "DEPTHWISE_CONV_2D": "use a stride of at most 3",
    "DEPTH_TO_SPACE": "use a transposed convolution of stride 2, or RESHAPE and TRANSPOSE",
    "DIV": "multiply by the reciprocal where it is constant",
    "GATHER": "use slices and a concatenation",
    "L2_NORMALIZATION": "normalize on the CPU, behind the network's last output",
    "LOG_SOFTMAX": "end the network in logits or SOFTMAX",
    "MAXIMUM": "use RELU where one side is constant, or give both sides the same range",
    "MAX_POOL_2D": "use a stride of at most 3, or VALID padding",
    "MEAN": "average over height and width only, one image at a time",
    "MINIMUM": "give both sides the same range",
    "POW": "use MUL for whole powers",
    "RESIZE_BILINEAR": "enlarge by 2, 4 or 8 on both sides, with half_pixel_centers only by 2",
    "RESIZE_NEAREST_NEIGHBOR": "enlarge by 2, 4 or 8 on both sides",
    "SPACE_TO_DEPTH": "use a convolution whose kernel and stride are the block, or RESHAPE and TRANSPOSE",
    "SQUARE": "multiply it by itself (MUL)",
    "STRIDED_SLICE": "slice forward, with steps over height and width only",
    "TRANSPOSE_CONV": "use a stride of 2, or RESIZE_NEAREST_NEIGHBOR and a convolution",
}
_FLOAT = re.compile(r"Float\d+|float\d+")


def placed_by_vela(graph, result, family):
    """Placements by what is left in the compiled file.

    Args:
        graph: of the file.
        result: ``vela.Compiled`` of it.
        family: ``"55"``, ``"65"`` or ``"85"``.

    Returns:
        ``(placements, lost)``, ``lost`` as of ``vela.left_to_cpu``.
    """
    left, lost = left_to_cpu(graph, result)
    return _placements(graph, left, lambda each: _reason_of_vela(graph, each, result.warnings, family)), lost


def placed_by_rules(graph, family):
    """Placements by the saved rules alone."""
    reasons = {each.index: reason for each in graph.operators if (reason := _reason(graph, each, family))}
    return _placements(graph, reasons, lambda each: reasons[each.index])


def _placements(graph, on_cpu, reason):
    return tuple(
        Placement(each.index, each.op, CPU, why := reason(each), _remedy(graph, each, why))
        if each.index in on_cpu
        else Placement(each.index, each.op, ACCELERATOR)
        for each in graph.operators
    )


def _reason(graph, operator, family):
    """By the saved rules; ``None`` where none is broken."""
    found = broken(graph, operator, family)
    if found is None:
        return None
    words, rule = found
    # Rules of several lines only say of all cases what the words say of this one.
    return words if rule is None or "\n" in rule.strip() else f"{words}; Vela's rule: {rule.strip().removesuffix('.')}"


def _reason_of_vela(graph, operator, warnings, family):
    """The rules' words, which are plainer than Vela's, where they agree that it stays; then Vela's."""
    if reason := _reason(graph, operator, family):
        return reason
    lines = warnings.get(name_of(graph, operator), "").removeprefix("Reason: ")
    return " ".join(lines.split()) or "Vela leaves it there and does not say why"


def _remedy(graph, operator, reason):
    types = {graph.tensors[index].dtype for index in (*operator.inputs, *operator.outputs) if index >= 0}
    if operator.is_custom:
        return "leave it out of the network and do its work on the CPU"
    if operator.op in ("QUANTIZE", "DEQUANTIZE"):
        return "export with int8 or uint8 in and out, and without operators that the converter leaves in floating point"
    if any(_FLOAT.match(each) for each in types):
        return "export it as int8; if it is, the converter does not quantize this operator: use another"
    return _REMEDIES.get(operator.op)
