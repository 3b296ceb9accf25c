"""A phone's GPU."""

from ...inspection.graph import read_graph
from ...runtime.gpu.partition import partition
from .checking import ACCELERATOR, CPU, Check, Placement, Unchecked, refusal
from .target import Target, Tool

_GUIDE = """
In an app (Gradle: `com.google.ai.edge.litert:litert` and `litert-gpu`), with {{ file }} among the assets:

    val model = CompiledModel.create(context.assets, "{{ file }}", CompiledModel.Options(Accelerator.GPU))
    val inputs = model.createInputBuffers(); val outputs = model.createOutputBuffers()
    model.run(inputs, outputs)

Nothing was run on a phone here.
"""
_OUTSIDE = "the delegate runs one stretch of operators, the longest, and this one is outside of it"
_MEND = "mend the operators that it refuses"


def check(path):
    """Which operators LiteRT's GPU delegate runs, asked of the delegate itself; the others run on the phone's CPU.

    Args:
        path: ``.tflite`` file.

    Returns:
        ``Check``; a note tells where the delegate's own count of operators differs.

    Raises:
        EdgezooError: the file is damaged.
        Unchecked: there is no Vulkan driver on this machine.
    """
    graph, found = read_graph(path), partition(path)
    if "no_gpu" in found:
        raise Unchecked(found["no_gpu"])
    if found["failure"]:
        return refusal(found["runtime"], f"LiteRT does not run it with the GPU delegate: {found['failure']}")
    delegated, refused = set(found["operators"]), dict(found["refused"])

    def placement(operator):
        place = (operator.index, operator.op)
        if operator.index in delegated:
            return Placement(*place, ACCELERATOR)
        if operator.index in refused:
            why = refused[operator.index].rstrip(".")
            return Placement(*place, CPU, f"the delegate refuses it: {why}", _remedy(why))
        return Placement(*place, CPU, _OUTSIDE, _MEND)

    return Check(tuple(map(placement, graph.operators)), by=found["runtime"], notes=tuple(_notes(graph, found)))


def _remedy(why):
    if "INT64" in why:
        return "compute it in int32, or outside of the network"
    return "export float16" if "INT16" in why else None


def _notes(graph, found):
    if any(tensor.dtype == "int8" and tensor.scale and not tensor.is_constant for tensor in graph.tensors):
        yield "the GPU computes with floats, whatever the file holds: float16 is what it works with, and no slower"
    packed = sum(each.op == "DEQUANTIZE" and graph.tensors[each.inputs[0]].is_constant for each in graph.operators)
    if found["count"] is not None and not len(found["operators"]) - packed <= found["count"] <= len(found["operators"]):
        yield f"the delegate counts {found['count']} operators of its own, and not {len(found['operators'])}"


TARGET = Target(
    "phone-gpu",
    runtime="LiteRT, GPU delegate",
    schemes=("float16", "float32", "dynamic"),
    ships="float16",
    tool=Tool(
        "ai-edge-litert",
        "pip install ai-edge-litert, and a Vulkan driver, which Chromium has",
        is_package=True,
        use="check asks the delegate on this machine, and evaluate --runtime gpu runs files in it",
    ),
    check=check,
    by_tool="LiteRT's GPU delegate, on a GPU or renderer of this machine",
    by_rules="nothing, without LiteRT",
    guide=_GUIDE,
    run="gpu",
)
