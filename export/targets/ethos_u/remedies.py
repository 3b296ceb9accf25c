"""What to change in a network or its export so that an operator goes to the NPU."""

_INTEGERS = "export it as int8; if it is, the converter left it or one beside it in floating point: replace that"
_ENDS = "export it with --quantize int8 and --io uint8; if it is, the converter left one beside it in floating point"
_SMALLER = "shrink by pooling or a strided convolution, or resize the images before the network"
#: How a rule begins → what to do about an operator that breaks it.
_OF_RULES = {
    "Only the first dimension of tensors can be dynamic": "export it with --input-size",
    "Tensors must have constant shape": "keep the axes that are reduced, with length 1",
    "Both Input quantization parameters must match": "give all of its tensors the same range, or use RELU",
    "Kernel stride must be in the range": "use a stride of at most 3",
    "Stride>3 is only supported": "use a stride of at most 3, or VALID padding without dilation",
    "Kernel constraints": "use a window of at most 8x8, or VALID padding, or pool globally",
    "Stride values WxH must be": "use a stride of 2, or RESIZE_NEAREST_NEIGHBOR and a convolution",
    "Batch must be 1": "take one image at a time",
    "Reduction over depth is only supported": "average over height and width only",
    "IF not (IFM H": "enlarge by 2, 4 or 8 on both sides, with half_pixel_centers by 2 alone",
    "IF NOT (IFM H": "enlarge by 2, 4 or 8 on both sides",
    "Scale-factor must be an integer power of two": "enlarge by powers of two",
    "Slice must represent a volume": "slice forward, with steps over height and width alone",
    "Operation must be performed along the depth axis": "transpose before it, or do it on the CPU at the network's end",
    "IFM depth must be less than or equal to": "do it on the CPU at the network's end",
    "axis must be equal to batch_dims": "use slices and a concatenation",
}
#: What to do about operators that a family does not have.
_OF_OPERATORS = {
    "DEPTH_TO_SPACE": "use a transposed convolution of stride 2, or RESHAPE and TRANSPOSE",
    "DIV": "multiply by the reciprocal where it is constant",
    "GATHER": "use slices and a concatenation",
    "L2_NORMALIZATION": "do it on the CPU at the network's end",
    "LOG_SOFTMAX": "end the network in logits or SOFTMAX",
    "SPACE_TO_DEPTH": "use a convolution whose kernel and stride are the block, or RESHAPE and TRANSPOSE",
    "SQUARE": "use MUL of the tensor and itself",
}


def remedy_of(graph, operator, rule):
    """What to do about an operator that stays on the CPU.

    Args:
        graph, operator: of ``inspection.graph``.
        rule: text of the rule that it breaks, or ``None`` where its kind is not supported at all.

    Returns:
        Words, or ``None`` where nobody knows.
    """
    types = {graph.tensors[index].dtype for index in (*operator.inputs, *operator.outputs) if index >= 0}
    if operator.is_custom:
        return "leave it out of the network and do its work on the CPU"
    if rule is None and operator.op in _OF_OPERATORS:
        return _OF_OPERATORS[operator.op]
    if any(each.startswith("float") for each in types):
        return _ENDS if operator.op in ("QUANTIZE", "DEQUANTIZE") else _INTEGERS
    if rule is None:
        return None
    if operator.op.startswith("RESIZE_") and _shrinks(graph, operator):
        return _SMALLER
    return next((remedy for start, remedy in _OF_RULES.items() if rule.startswith(start)), None)


def _shrinks(graph, operator):
    before, after = (graph.tensors[ends[0]].elements for ends in (operator.inputs, operator.outputs))
    return after < before
