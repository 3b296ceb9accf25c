"""Whether a file is what was asked for, and runs."""

from ..common.errors import EdgezooError
from ..common.quiet import quiet_stderr
from ..common.text import one_line
from ..inspection.graph import read_graphs
from ..inspection.interpreter import make_interpreter
from .converter_messages import INTEGER, about_operators

#: Sides in pixels that a file of any size is tried at, until one is large enough for it.
_SIDES = (32, 64, 128, 256, 512)


def verify(content, scheme, io):
    """Checks that a file is what was asked for, and runs it once, each of its graphs that has a signature.

    Args:
        content: ``bytes`` of the file.
        scheme: ``Scheme``.
        io: type asked for its input and output.

    Raises:
        EdgezooError: an operator is not built-in, operators stayed float in an integer scheme (``details`` name each,
            see ``converter_messages``), an input or output has another type than asked for, or LiteRT does not run it.
    """
    for number, graph in read_graphs(content).items():
        _verify(graph, scheme, io)
        _run(content, number, graph)


def _verify(graph, scheme, io):
    custom = sorted({operator.op for operator in graph.operators if operator.is_custom})
    if custom:
        raise EdgezooError(f"the file holds operators that are not built-in: {', '.join(custom)}")
    wanted = scheme.io(io)
    for tensor in (graph.tensors[index] for index in (*graph.inputs, *graph.outputs)):
        if tensor.dtype != wanted:
            raise EdgezooError(f"{tensor.name} came out as {tensor.dtype}, not {wanted}")
    if scheme.is_integer:
        _require_integers(graph)


def _require_integers(graph):
    """Only conversions at the file's own input and output may touch floats."""
    conversions, ends = ("QUANTIZE", "DEQUANTIZE"), {*graph.inputs, *graph.outputs}

    def strays(operator):
        touched = {index for index in (*operator.inputs, *operator.outputs) if index >= 0}
        floats = {index for index in touched if graph.tensors[index].dtype.startswith("float")}
        return bool(floats) and not (operator.op in conversions and floats <= ends)

    floating = [operator for operator in graph.operators if strays(operator)]
    # The conversions around an operator that stayed float are not the cause.
    causes = [operator for operator in floating if operator.op not in conversions] or floating
    if causes:
        places = [(operator.op, graph.tensors[operator.outputs[0]].name) for operator in causes]
        lines = [f"{op} at {name} has no integer form" for op, name in places]
        raise EdgezooError("\n".join(lines), about_operators(INTEGER, places))


def _run(content, number, graph):
    resizable = any(-1 in graph.tensors[index].shape_signature for index in graph.inputs)
    with quiet_stderr():
        for side in _SIDES if resizable else (None,):
            try:
                return _invoke(content, number, side)
            except (ValueError, RuntimeError) as error:
                failure = error
        raise EdgezooError(f"LiteRT does not run the file: {one_line(failure, 200)}") from failure


def _invoke(content, number, side):
    """Runs a graph of a file once, its open heights and widths set to ``side``.

    As it is, such a file stands at 1×1, which is too small for a network without padding.
    """
    interpreter = make_interpreter(content, graph=number)
    for detail in interpreter.get_input_details():
        shape = [side if length == -1 else length for length in detail["shape_signature"]]
        interpreter.resize_tensor_input(detail["index"], shape)
    interpreter.allocate_tensors()
    interpreter.invoke()
