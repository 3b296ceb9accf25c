"""What a ``.tflite`` file must fulfil to be a network at all; runtimes and compilers look at little of it.

Each function raises ``Damage`` that names the tensor or operator. All of it together takes a file of 20 MB some 30 ms.
"""

import graphlib

import numpy as np

from .damage import Damage

#: Of a floating-point type: the word that it is looked at in, the word's bits of an exponent that is no number's, and
#: those of the fraction, which infinity has none of.
_EXPONENTS = {
    "float8_e4m3fn": ("<u1", 0x7F, 0x01),
    "float8_e5m2": ("<u1", 0x7C, 0x03),
    "float16": ("<u2", 0x7C00, 0x03FF),
    "bfloat16": ("<u2", 0x7F80, 0x007F),
    **dict.fromkeys(("float32", "complex64"), ("<u4", 0x7F800000, 0x007FFFFF)),
    **dict.fromkeys(("float64", "complex128"), ("<u8", 0x7FF0000000000000, 0x000FFFFFFFFFFFFF)),
}
#: Operators that infinity is a sensible constant of: of maxima, padding before them, and masks.
_TAKE_INFINITY = frozenset(
    (
        *("PADV2", "MAXIMUM", "MINIMUM", "SELECT", "SELECT_V2", "FILL", "WHERE"),
        *("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL"),
    )
)
_MOST_SIDES = 32


def called(tensor):
    """A tensor in words."""
    return f"tensor {tensor.index} ({tensor.name[:80]!r})"


def check_shape(tensor):
    """Sides of a possible length, no more than any runtime takes, and the open ones among them."""
    if min(tensor.shape, default=0) < 0:
        raise Damage(f"{called(tensor)} has a side of negative length")
    if len(tensor.shape) > _MOST_SIDES:
        raise Damage(f"{called(tensor)} has {len(tensor.shape)} sides")
    if len(tensor.shape_signature) != len(tensor.shape) or min(tensor.shape_signature, default=0) < -1:
        raise Damage(f"{called(tensor)} has a shape signature that is not of its shape")


def check_quantization(tensor):
    """Scales above zero, one for all or for each channel; zero points that the type can hold."""
    scale, points = np.array(tensor.scale), np.array(tensor.zero_point, np.int64)
    if not np.isfinite(scale).all():
        raise Damage(f"the scale of {called(tensor)} is NaN or infinite")
    if tensor.dtype not in ("int4", "int8", "uint8", "int16", "int32"):
        return
    if (scale <= 0).any():
        raise Damage(f"the scale of {called(tensor)} is not above zero")
    if len(points) not in (0, len(scale)):
        raise Damage(f"{called(tensor)} has {len(scale)} scales and {len(points)} zero points")
    if len(scale) > 1 and tensor.shape[tensor.quantized_dimension : tensor.quantized_dimension + 1] != (len(scale),):
        raise Damage(f"{called(tensor)} has {len(scale)} scales, and not as many channels")
    low, high = (-8, 7) if tensor.dtype == "int4" else (np.iinfo(tensor.dtype).min, np.iinfo(tensor.dtype).max)
    if ((points < low) | (points > high)).any():
        raise Damage(f"the zero point of {called(tensor)} is none of {tensor.dtype}")


def check_order(graph):
    """Each tensor is written once, and before it is read: the order in the file is that of execution."""
    writers = {}
    for operator in graph.operators:
        for index in operator.outputs:
            tensor = graph.tensors[index]
            if index in writers:
                first = writers[index]
                raise Damage(f"{called(tensor)} is written by two operators, {first} and {operator.index}")
            if tensor.is_constant or index in graph.inputs:
                kind = "a constant" if tensor.is_constant else "an input"
                raise Damage(f"operator {operator.index}, {operator.op}, writes over {called(tensor)}, {kind}")
            writers[index] = operator.index
    for operator in graph.operators:
        for index in operator.inputs:
            if writers.get(index, -1) >= operator.index:
                raise Damage(
                    f"operator {operator.index}, {operator.op}, reads {called(graph.tensors[index])}, which operator "
                    f"{writers[index]} writes only afterwards"
                )


def check_calls(graphs):
    """Operators such as WHILE run graphs of the file that are there, and none runs itself over others."""
    calls = {}
    for number, graph in enumerate(graphs):
        calls[number] = set()
        for operator in graph.operators:
            for key, value in operator.options.items():
                if not key.lower().endswith("subgraph") and not key.lower().endswith("subgraphindex"):
                    continue
                if not -1 <= value < len(graphs):
                    raise Damage(f"operator {operator.index}, {operator.op}, runs graph {value}, which is not there")
                calls[number].add(value)
    try:
        graphlib.TopologicalSorter(calls).prepare()
    except graphlib.CycleError as error:
        raise Damage("its graphs run each other in a circle") from error


def check_numbers(graph, index, values):
    """The constant ``index``, of these bytes, holds no NaN, and infinity only where operators have a use for it."""
    tensor = graph.tensors[index]
    if tensor.dtype not in _EXPONENTS:
        return
    kind, exponent, fraction = _EXPONENTS[tensor.dtype]
    words = np.frombuffer(values, kind)
    odd = (words & exponent) == exponent
    if not odd.any():
        return
    if (words[odd] & fraction).any():
        raise Damage(f"NaN is among the values of {called(tensor)}")
    readers = {operator.op for operator in graph.operators if index in operator.inputs}
    if not readers or not readers <= _TAKE_INFINITY:
        raise Damage(f"infinity is among the values of {called(tensor)}")
