"""What XNNPACK, LiteRT's delegate for CPUs, makes of a file: its own partition, and its table for the reasons.

``xnnpack.csv`` has the operators and limits of the delegate's README (LiteRT's repository, tflite/delegates/xnnpack),
and what the runtime was found to give to it besides.
"""

import csv
import functools
from pathlib import Path

from ...inspection.graph import read_graph
from ...runtime.partition import partition
from .checking import ACCELERATOR, CPU, Check, Placement

_FLOAT, _INT8 = "float", "int8"
#: What to do about operators of int8 files that XNNPACK leaves to LiteRT.
_REMEDIES = {
    "AVERAGE_POOL_2D": "use blur or max pooling, or global average pooling, which becomes MEAN",
    "HARD_SWISH": "use ReLU6 in its place",
    "QUANTIZE": "export it with --io int8, or take it as it is: it is small",
    "SOFTMAX": "end the network in logits, or take it as it is: it is small",
}


def check(path):
    """Which operators XNNPACK's kernels run, as the runtime here partitions the file; the others run in LiteRT's own.

    Args:
        path: ``.tflite`` file.

    Returns:
        ``Check``.

    Raises:
        EdgezooError: the file is damaged, or the runtime cannot run it.
    """
    graph, found = read_graph(path), partition(path)
    delegated = set(found["operators"])
    return Check(
        tuple(
            Placement(operator.index, operator.op, ACCELERATOR)
            if operator.index in delegated
            else Placement(operator.index, operator.op, CPU, *why_not(operator, graph))
            for operator in graph.operators
        ),
        by=f"{found['runtime']} on this machine",
        notes=_advice(graph),
    )


def in_table(operator, graph):
    """``(kind, whether the table has it)``: the arithmetic of an operator, ``"float"``, ``"int8"`` or ``None``."""
    kind = _kind(operator, graph)
    return kind, kind in _table().get(operator.op, {})


def why_not(operator, graph):
    """``(reason, remedy)`` for an operator that XNNPACK does not run."""
    kind, limits = _kind(operator, graph), _table().get(operator.op, {})
    if operator.is_custom or not limits:
        return "XNNPACK has no kernel for it", None
    if kind is None:
        types = ", ".join(sorted({graph.tensors[index].dtype for index in operator.inputs if index >= 0}))
        return f"XNNPACK has no kernel for it in {types}", "export float32, float16 or int8"
    if kind not in limits:
        others = " and ".join(limits)
        return f"XNNPACK has {operator.op} for {others} only, and this one is {kind}", _REMEDIES.get(operator.op)
    if any(-1 in graph.tensors[index].shape_signature for index in (*operator.inputs, *operator.outputs) if index >= 0):
        return "its size is open, or follows from one that is", "export it with --input-size"
    if operator.op == "QUANTIZE":
        return f"XNNPACK has QUANTIZE {limits[kind]}", _REMEDIES["QUANTIZE"]
    constants = {
        graph.tensors[index].dtype for index in operator.inputs if index >= 0 and graph.tensors[index].is_constant
    }
    if kind == _FLOAT and (weights := constants & {"int8", "int4"}):
        why = f"XNNPACK has no {operator.op} of floats with weights of {weights.pop()}"
        return why, "export float32, float16 or int8"
    return f"it exceeds what XNNPACK takes of {operator.op}: {limits[kind] or 'its types differ'}", None


def _kind(operator, graph):
    """``"float"``, ``"int8"`` or ``None``: the arithmetic of an operator, by what it makes, or makes floats of."""
    ends = operator.inputs if operator.op == "DEQUANTIZE" else operator.outputs
    dtype = graph.tensors[ends[0]].dtype if ends else ""
    return {"float32": _FLOAT, "float16": _FLOAT, "int8": _INT8, "uint8": _INT8}.get(dtype)


@functools.cache
def _table():
    """Operator → ``{"float": limits, "int8": limits}``."""
    table = {}
    with Path(__file__).with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table.setdefault(row["op"], {})[row["type"]] = row["limits"]
    return table


def _advice(graph):
    """What another number format would do for a file of floats, by what its constants and tensors are."""
    constants = {each.dtype for each in graph.tensors if each.is_constant}
    made = {graph.tensors[index].dtype for operator in graph.operators for index in operator.outputs}
    if not made <= {"float32", "bool", "int32", "int64"}:
        return ()
    whole = "runs on the integer units of every Arm core"
    if any(each.op == "DEQUANTIZE" and graph.tensors[each.inputs[0]].dtype == "int8" for each in graph.operators):
        return (f"it computes in float32; int8 throughout is as small, and {whole}",)
    if constants & {"int8", "int4"}:
        return (f"activations are quantized anew in each operator; int8 throughout saves that, and {whole}",)
    if "float16" in constants:
        return (
            f"it computes in float32 unless the delegate is told to use float16; int8 is half of its size and {whole}",
        )
    return (
        f"int8 is a quarter of the size and {whole}; float16 is half of it, with the same accuracy, and computes in "
        "float32 unless the delegate is told to use float16",
    )
