"""Which operators of a file LiteRT gives to XNNPACK: its own partition of the graph, asked in a child process."""

from ..common import child
from ..common.child import Child, ChildDied, serve
from ..common.environment import version
from ..common.errors import EdgezooError
from ..common.quiet import quiet_stderr
from ..common.text import one_line
from ..inspection.interpreter import make_interpreter

_DELEGATE = "DELEGATE"
#: Side that open inputs get: a partition does not depend on it.
_SIDE = 32


def operators_of(nodes):
    """``(operators, producer)``: a file's own operators, and of each tensor the one that writes it.

    Args:
        nodes: what an interpreter's ``_get_ops_details`` lists, dicts.
    """
    operators = [node for node in nodes if node["op_name"] != _DELEGATE]
    return operators, {int(tensor): node for node in operators for tensor in node["outputs"]}


def delegated(nodes):
    """Places of the operators that an interpreter's delegate runs, ascending.

    After delegation the interpreter lists the original operators and behind them one DELEGATE node per partition, with
    the tensors that go in and come out. An operator is in a partition if an output of the partition depends on it and
    no input of the partition lies between.
    """
    _, producer = operators_of(nodes)
    covered = set()
    for node in nodes:
        if node["op_name"] != _DELEGATE:
            continue
        seen = set(map(int, node["inputs"]))
        pending = list(map(int, node["outputs"]))
        while pending:
            tensor = pending.pop()
            if tensor in producer and tensor not in seen:
                covered.add(producer[tensor]["index"])
                pending.extend(map(int, producer[tensor]["inputs"]))
            seen.add(tensor)
    return sorted(covered)


def delegated_share(nodes):
    """``{"operators": N, "of": M}``: how many of the file's operators the delegate runs."""
    return {"operators": len(delegated(nodes)), "of": len(operators_of(nodes)[0])}


def partition(path):
    """Asks LiteRT for its partition of any file.

    Args:
        path: ``.tflite`` file.

    Returns:
        ``{"operators": places of those that XNNPACK runs, "runtime": name and version}``.

    Raises:
        EdgezooError: the runtime here cannot run the file, or it ends the child.
    """
    with Child(__spec__.name) as process:
        try:
            return process.ask({"path": str(path)}, patience=child.PATIENCE)[0]
        except ChildDied as death:
            raise EdgezooError(f"{path} cannot be run: the process that ran it {death.how}.") from death


def _answer(message, array):
    with quiet_stderr():
        try:
            interpreter = make_interpreter(message["path"])
            for tensor in interpreter.get_input_details():
                declared = tensor["shape_signature"]
                if -1 in declared:
                    shape = [1 if place == 0 else _SIDE for place in range(len(declared))]
                    sides = zip(shape, declared, strict=True)
                    interpreter.resize_tensor_input(tensor["index"], [s if side == -1 else side for s, side in sides])
            interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise EdgezooError(f"LiteRT cannot run it: {one_line(error, 200)}") from error
    return {
        "operators": delegated(interpreter._get_ops_details()),
        "runtime": f"ai-edge-litert {version('ai-edge-litert')}",
    }


if __name__ == "__main__":
    serve(_answer)
