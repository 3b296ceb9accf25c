"""The Edge TPU compiler's answer without the compiler: rules for single operators, then the one part that is mapped."""

from ....common.errors import EdgezooError
from ..checking import ACCELERATOR, CPU, Check, Placement, refusal
from .memory import parameter_memory
from .partition import partition
from .rules import BYTES, RUNTIME, obstacle, sized_while_running, table

BY = "static rules of edgetpu_compiler 16"


def static_check(graph, runtime=RUNTIME, every_subgraph=False):
    """Where the compiler puts every operator of a network.

    Args:
        graph: ``inspection.graph.Graph`` of a file that is not compiled.
        runtime: version of the Edge TPU runtime that it is compiled for, 10 to 14 (the compiler's option ``-m``).
        every_subgraph: whether all parts of the network are compiled (its option ``-a``), or the first one.

    Returns:
        ``Check``.

    Raises:
        EdgezooError: the file is damaged.
    """
    try:
        return _check(graph, runtime, every_subgraph)
    except (IndexError, AttributeError, ValueError) as error:
        raise EdgezooError(
            "the file is damaged: an operator lacks an input, an output or a size that all of its kind have."
        ) from error


def _check(graph, runtime, every_subgraph):
    refused = _refusal(graph)
    if refused:
        return refusal(BY, *refused)
    obstacles = [obstacle(operator, graph, runtime) for operator in graph.operators]
    cuts = partition(graph, [found is None for found in obstacles], every_subgraph)
    placements = tuple(_placement(*each, graph) for each in zip(graph.operators, obstacles, cuts, strict=True))
    mapped = [each for each, placed in zip(graph.operators, placements, strict=True) if placed.where == ACCELERATOR]
    memory = parameter_memory(mapped, graph)
    notes = _notes(mapped, memory)
    if graph.subgraphs > 1:
        notes += (f"Only the first of its {graph.subgraphs} graphs was looked at.",)
    return Check(placements, by=BY, memory=memory, notes=notes)


def _refusal(graph):
    """``(reason, remedy)`` for a file that the compiler takes nothing of, or ``None``."""
    # A batch that is left open is compiled as the 1 that the file has in its place.
    for tensor in graph.tensors:
        if -1 in tensor.shape_signature[1:]:
            sizes = "×".join("?" if size < 0 else str(size) for size in tensor.shape_signature)
            return (
                f"the size of {tensor.name!r} is open ({sizes}), the Edge TPU takes fixed sizes only",
                "export it with batch 1 and --input-size",
            )
    for operator in graph.operators:
        if sized_while_running(operator, graph):
            return (
                f"operator {operator.index} ({operator.op}) makes a tensor whose size is computed while the network "
                "runs, the Edge TPU takes fixed sizes only",
                "export it with batch 1 and --input-size",
            )
    made = {graph.tensors[index].dtype for operator in graph.operators for index in operator.outputs}
    if graph.operators and not made & set(BYTES):
        types = ", ".join(sorted(made))
        return f"it computes in {types}, the Edge TPU in 8-bit integers only", "export it with --quantize int8"
    for operator in graph.operators:
        known = None if operator.is_custom else table().get(operator.op)
        if known and operator.version > known["version"]:
            return (
                f"operator {operator.index} is {operator.op} of version {operator.version}, and the compiler, of 2021, "
                f"reads versions up to {known['version']}",
                _mended(operator, graph),
            )
    return None


def _mended(operator, graph):
    """What to do about an operator of a version that the compiler cannot read."""
    if operator.op == "FULLY_CONNECTED" and len(graph.tensors[operator.inputs[1]].scale) > 1:
        return "export it with --target coral, which gives a dense layer one scale, or use a 1×1 convolution"
    return "convert it with TensorFlow 2.5, or leave out what needs the newer version"


def _placement(operator, found, cut_by, graph):
    if found:
        return Placement(operator.index, operator.op, CPU, found.reason, found.remedy)
    if cut_by is not None:
        first = graph.operators[cut_by]
        return Placement(
            operator.index,
            operator.op,
            CPU,
            f"it follows operator {first.index} ({first.op}), which stays on the CPU; only one part is compiled",
            f"mend operator {first.index}",
        )
    return Placement(operator.index, operator.op, ACCELERATOR)


def _notes(mapped, memory):
    if not mapped:
        return ("Nothing of it would run on the Edge TPU.",)
    notes = ()
    if memory["streamed parameters"]["bytes"]:
        notes += ("What does not fit on the chip is sent with every inference, which takes most of its time.",)
    return notes
