"""What TensorFlow Lite Micro makes of a file: by its list of kernels, and by trying it."""

import os

from ....common.errors import EdgezooError
from ....common.files import existing_file
from ....inspection.alone import operators_alone
from ....inspection.graph import read_graph
from ....inspection.sizes import image_sizes
from ....runtime.tflm import RUNTIME
from ....runtime.tflm.interpreter import Interpreter
from ....runtime.tflm.kernels import has_kernel
from ..checking import ACCELERATOR, CPU, NOWHERE, Check, Placement, refusal

_STATIC = "static rules"
#: Operators that TFLM has for integers or for floats, never for floats with weights of integers.
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
#: What its compiler makes of operators for Arm's NPU. TFLM on a device with one runs that, and none here does.
_NPU = "ethos-u"
_REMEDIES = {
    "GELU": "use relu, relu6 or hard_swish in its place",
    "RELU_0_TO_1": "use relu6 in its place",
    "CONV_3D": "use two-dimensional convolutions",
    "edgetpu-custom-op": "give the file from before it was compiled for the Edge TPU",
}


def check(path):
    """Whether TFLM has a kernel for every operator, and the memory that the file takes.

    With tflite-micro installed the file is run, once, in TFLM itself. Where that fails, each operator is tried alone.

    Args:
        path: ``.tflite`` file.

    Returns:
        ``Check``; what runs is on the CPU. ``memory`` has the file's own size as ``flash`` and, if it was run, the
        smallest ``arena`` that works; ``figures["arena_recorded"]`` is what TFLM's recording allocator tells.

    Raises:
        EdgezooError: the file is damaged.
    """
    graph, content = read_graph(path), existing_file(path).read_bytes()
    memory = {"flash": {"bytes": os.path.getsize(path), "of": None}}
    refused = _refused(graph)
    if refused:
        return refusal(_STATIC, *refused, memory=memory)
    placements = {operator.index: _by_rules(operator, graph) for operator in graph.operators}
    unknown = _why_untried(graph)
    if unknown:
        return Check(tuple(placements.values()), _STATIC, memory=memory, notes=(unknown,))
    with Interpreter(content) as interpreter:
        try:
            recorded = interpreter.allocate()
            interpreter.try_once([graph.tensors[index].dtype for index in graph.inputs])
            memory = {"arena": {"bytes": interpreter.smallest_arena(), "of": None}, **memory}
        except EdgezooError as error:
            placements |= _alone(interpreter, content, graph, placements)
            if all(each.where == CPU for each in placements.values()):
                remedy = "export a file for each size, without --one-file" if image_sizes(path) else None
                return refusal(RUNTIME.version, f"TFLM does not run it: {error}", remedy, memory=memory)
            return Check(tuple(placements.values()), RUNTIME.version, memory=memory)
    return Check(
        tuple(placements.values()),
        RUNTIME.version,
        memory=memory,
        figures={"arena_recorded": recorded},
        notes=(
            "the arena is that of TFLM's reference kernels on a 64-bit machine: pointers take half of theirs on a "
            "device, and CMSIS-NN's kernels ask for buffers of their own on top",
        ),
    )


def _refused(graph):
    """``(why, remedy)`` for a file that TFLM takes nothing of, or ``None``."""
    for index in graph.inputs:
        tensor = graph.tensors[index]
        if -1 in tensor.shape_signature[1:]:
            return "TFLM has no dynamic shapes, and its input is open", "export it with --input-size"
    tensors = graph.tensors
    if any(tensor.is_constant and tensor.dtype == "float16" for tensor in tensors):
        return "it has weights of float16, which no kernel of TFLM reads", "export int8"
    weights = (tensors[each.inputs[1]] for each in graph.operators if each.op in _WEIGHTED and len(each.inputs) > 1)
    if any(tensor.dtype == "uint8" for tensor in weights):
        return "it is quantized to uint8 throughout, as TensorFlow 1 did it, which TFLM has given up", "export int8"
    return None


def _why_untried(graph):
    """Why TFLM cannot be asked here, or ``None`` if it can."""
    if any(operator.op == _NPU for operator in graph.operators):
        return "it is compiled for an Ethos-U, and can be tried on a device with one only"
    if not RUNTIME.is_installed:
        return "types, shapes and memory are known only once it is tried: pip install 'edgezoo[tflm]'"
    return None


def _by_rules(operator, graph):
    """``Placement`` by the list of kernels."""
    place = (operator.index, operator.op)
    if operator.op == _NPU:
        return Placement(*place, ACCELERATOR)
    if not has_kernel(operator):
        remedy = _REMEDIES.get(operator.op, "build the network without it")
        return Placement(*place, NOWHERE, "TFLM has no kernel for it", remedy)
    if operator.op in _WEIGHTED and operator.outputs and len(operator.inputs) > 1:
        output, weights = (graph.tensors[index].dtype for index in (operator.outputs[0], operator.inputs[1]))
        if output == "float32" != weights:
            why = f"TFLM has no kernel for floats with weights of {weights}"
            return Placement(*place, NOWHERE, why, "export int8 or float32")
    return Placement(*place, CPU)


def _alone(interpreter, content, graph, placements):
    """Index → ``Placement`` of operators that have a kernel, and fail all the same when TFLM is given them alone."""
    failed = {}
    for index, part, types in operators_alone(content, graph):
        if placements[index].where == NOWHERE:
            continue
        try:
            interpreter.load(part)
            interpreter.try_once(types)
        except EdgezooError as error:
            why = f"TFLM's kernel does not take it: {str(error).partition('; Node ')[0]}"
            remedy = None if "int8" in types else "export int8"
            if "SIGABRT" in why:
                remedy = (
                    "train the network first, and calibrate with images: the kernel takes no ranges that are so odd"
                )
            failed[index] = Placement(index, graph.operators[index].op, NOWHERE, why, remedy)
    return failed
