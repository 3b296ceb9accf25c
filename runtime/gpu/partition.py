"""Which operators of a file LiteRT's GPU delegate runs, asked in a child process.

The delegate names the kinds of operators that it refuses, and how many it runs, not which: one stretch of operators
that it has, the longest. Which one follows from the order that LiteRT cuts a graph in, and is held against that number.
"""

from pathlib import Path

from ...common import child
from ...common.child import Child, ChildDied, serve
from ...common.errors import EdgezooError
from ...inspection.alone import operators_alone
from ...inspection.graph import read_graph
from .delegate import NoGPU, delegated_to_gpu
from .runner import RUNTIME


def partition(path):
    """Asks the delegate for its part of any file.

    Args:
        path: ``.tflite`` file.

    Returns:
        ``{"operators": places of those that it runs, "refused": [[place, reason], …], "count": how many it says that
        it runs, or None where it refuses none, "runtime": name, version and GPU, "failure": None, or why the file does
        not run at all}``; without a Vulkan driver ``{"no_gpu": what to do}`` alone.

    Raises:
        EdgezooError: the file is damaged.
    """
    with Child(__spec__.name) as process:
        try:
            return process.ask({"path": str(path)}, patience=child.PATIENCE)[0]
        except ChildDied as death:
            return {"runtime": RUNTIME.version, "failure": f"its process {death.how}"}


def stretches(graph, refused):
    """Cuts a graph into stretches that a delegate runs, and what lies between, as LiteRT does.

    A stretch takes, in the file's order, whatever is ready and of its kind, until nothing more is (LiteRT's
    ``PartitionGraphIntoIndependentNodeSubsets``).

    Args:
        graph: ``inspection.graph.Graph``.
        refused: places of operators that the delegate does not run.

    Returns:
        List of lists of places: the stretches for the delegate, in the order in which they run.
    """
    waiting = {operator.index: operator for operator in graph.operators}
    unready = {tensor for operator in graph.operators for tensor in operator.outputs}
    found = []
    while waiting:
        kind, stretch, grown = None, [], True
        while grown:
            grown = False
            for index, operator in list(waiting.items()):
                if unready & set(operator.inputs) or kind not in (None, index in refused):
                    continue
                kind, grown = index in refused, True
                unready -= set(operator.outputs)
                del waiting[index]
                stretch.append(index)
        if not stretch:  # a file with a circle
            break
        if not kind:
            found.append(stretch)
    return found


def _answer(message, array):
    path = Path(message["path"])
    graph, content = read_graph(path), path.read_bytes()
    try:
        _, verdict = delegated_to_gpu(content)
    except NoGPU as error:
        return {"no_gpu": str(error)}
    except EdgezooError as error:
        return {"runtime": RUNTIME.version, "failure": str(error).rstrip(".")}
    answer = {
        "operators": [each.index for each in graph.operators],
        "refused": [],
        "count": verdict.count,
        "runtime": f"{RUNTIME.version}, GPU delegate on {verdict.adapter}",
        "failure": None,
    }
    if verdict.count is not None:
        unpacked = _unpacked_weights(graph)
        refused = _refused_instances(content, graph, dict(verdict.refused), unpacked)
        longest = set(max(stretches(graph, {*refused, *unpacked}), key=len, default=()))
        # Weights are unpacked where they are used: at once, as the delegate compiles them, if it runs all of that.
        longest |= {place for place, users in unpacked.items() if users <= longest} if longest else set()
        answer |= {"operators": sorted(longest), "refused": sorted(refused.items())}
    return answer


def _unpacked_weights(graph):
    """DEQUANTIZE of constants, as files of float16 have them: place → places of the operators that use the weights."""
    packed = [each for each in graph.operators if each.op == "DEQUANTIZE" and graph.tensors[each.inputs[0]].is_constant]
    return {each.index: {user.index for user in graph.operators if each.outputs[0] in user.inputs} for each in packed}


def _refused_instances(content, graph, reasons, unpacked):
    """Place → reason, for every operator that the delegate refuses.

    Where there are several of a kind, each is given to the delegate alone; if it takes all of them, none is trusted.
    """
    alone = {index: part for index, part, _ in operators_alone(content, graph)}
    refused = {}
    for op, reason in reasons.items():
        instances = [each.index for each in graph.operators if each.op == op and each.index not in unpacked]
        if len(instances) == 1:
            refused[instances[0]] = reason
            continue
        found = {index: why for index in instances if (why := _why_alone(alone.get(index), op, reason))}
        refused |= found or dict.fromkeys(instances, reason)
    return refused


def _why_alone(content, op, reason):
    """Why the delegate refuses an operator that is a file of its own, or ``None`` where it runs it."""
    if content is None:
        return reason
    try:
        return dict(delegated_to_gpu(content)[1].refused).get(op)
    except EdgezooError:
        return reason


if __name__ == "__main__":
    serve(_answer)
