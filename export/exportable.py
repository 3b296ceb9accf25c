"""What a model must be like to be exported, and which layers stand in the way."""

import re

from ..common.errors import EdgezooError

# Operators that TensorFlow counts as stateful only because the graphs they call might be.
_CALLS = {"While", "If", "Case", "PartitionedCall", "StatefulPartitionedCall"}


def require_exportable(model, name):
    """Checks that a Keras model has the inputs of an exported file: one image (or more) a call, float32.

    Args:
        model: ``keras.Model``.
        name: of the model, for messages.

    Raises:
        EdgezooError: it is subclassed or not built, or an input has another type, a fixed batch or too many open sides.
    """
    if not getattr(model, "inputs", None):
        raise EdgezooError(
            f"{name} cannot be exported: a {type(model).__name__} does not tell its inputs. Build it as a functional "
            "model, keras.Model(inputs, outputs), or give its Sequential an Input."
        )
    for tensor in model.inputs:
        batch, *shape = tensor.shape
        if batch not in (None, 1):
            raise EdgezooError(f"{name} cannot be exported: its input {tensor.name!r} has a fixed batch of {batch}.")
        if tensor.dtype != "float32":
            raise EdgezooError(
                f"{name} cannot be exported: its input {tensor.name!r} is {tensor.dtype}; pixels come in as float32, "
                "so declare keras.Input(…, dtype='float32')."
            )
        if None in shape and (len(shape) != 3 or shape[2] is None):
            raise EdgezooError(
                f"{name} cannot be exported: its input {tensor.name!r} has the open shape {tuple(tensor.shape)}; only "
                "the height and width of an image may be open."
            )


def input_shapes(model, sizes):
    """The input shapes to export a model with.

    Args:
        model: ``keras.Model`` that ``require_exportable`` accepts.
        sizes: pixels that open heights and widths become, a variant for each; none leaves them open.

    Returns:
        ``{size: shapes}``, a shape without the batch for every input; the key is ``None`` for a model as it is.

    Raises:
        EdgezooError: the model has no open side, and a fixed one is another.
    """
    own = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    for size in sizes:
        for shape in own:
            if size < 1 or any(side not in (None, size) for side in shape[:2]):
                raise EdgezooError(
                    f"the model takes inputs of shape {' and '.join(map(str, own))}, not of size {size}; leave out "
                    "--input-size, or build it with an open height and width."
                )
    return {
        size: [tuple(size if side is None else side for side in shape) for shape in own] for size in sizes or (None,)
    }


def require_exportable_graph(operations, model, name):
    """Checks the operations of a frozen model for what no device's runtime has: strings, tables, random numbers.

    Args:
        operations: ``tf.Operation`` of the frozen graph.
        model, name: as in ``require_exportable``.

    Raises:
        EdgezooError: names every layer that has such an operation.
    """
    stateful = [
        (operation.type, operation.name)
        for operation in operations
        if (operation.op_def.is_stateful and operation.type not in _CALLS)
        or any(output.dtype.name in ("string", "resource") for output in operation.outputs)
    ]
    if stateful:
        raise EdgezooError(f"{name} cannot be exported: {_by_layer(stateful, model)}; leave that out of the model.")


def unsupported_layers(message, model, graph=None):
    """Which layers have operators that the file cannot hold, or ``None`` if the converter failed for another reason.

    Args:
        message: the text of what it raised.
        model: the Keras model, whose layers the operators in the text are traced back to.
        graph: ``inspection.Graph`` of the model as a float file, which tells where an operator is when the text does
            not.
    """
    # loc(callsite(fused["Erfinv:", "functional_1/my_layer_1/Erfinv@__inference_…"] at …)): error: 'tf.Erfinv' op is …
    missing = re.findall(
        r'fused\["\w+:", "([^"@]+)[^\n]*?\'tf\.(\w+)\' op is neither a custom op nor a flex op', message
    )
    if missing:
        where = _by_layer([(operator, node) for node, operator in missing], model)
        return f"{where}, which LiteRT's built-in operators lack; replace it"
    floating = re.findall(r"^(\w+) at (.+) has no integer form$", message, re.MULTILINE)
    for refused in re.findall(r"Quantization to 16x8-bit not yet supported for op: '(\w+)'", message):
        operators = graph.operators if graph else ()
        floating += [(refused, graph.tensors[op.outputs[0]].name) for op in operators if op.op == refused]
    if floating:
        return f"{_by_layer(floating, model)}, which has no such integer form in LiteRT; replace it"
    return None


def conversion_gist(message, model, graph=None):
    """The one line of the converter's many that the user needs; arguments as for ``unsupported_layers``."""
    layers = unsupported_layers(message, model, graph)
    if layers:
        return layers
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error:|not (yet )?supported|Check failed", line)]
    return re.sub(r"loc\(.*\)(?=: )|<unknown>:0: ", "", (telling or lines or ["no message"])[0])[:300].rstrip(".")


def _by_layer(nodes, model):
    """``layer 'a' (Dense) uses Erfinv, layer 'b' …`` for pairs (operator, path of the node in the graph)."""
    uses = {}
    for operator, node in nodes:
        layer = layer_of(node, model)
        where = f"layer {layer.name!r} ({type(layer).__name__})" if layer else f"the model (at {node})"
        uses.setdefault(where, []).append(operator)
    return ", ".join(f"{where} uses {' and '.join(dict.fromkeys(operators))}" for where, operators in uses.items())


def layer_of(node, model):
    """The innermost layer that a node of the graph belongs to, or ``None``.

    Layers open a name scope. Keras enters each twice (to build and to call), so TensorFlow appends a number to the
    second: the layer ``dense_1`` is found under ``dense_1_1``.

    Args:
        node: path such as ``"functional_1/block_1/conv2d_1/Conv2D"``.
        model: the Keras model that the graph was traced from.
    """
    found, inside = None, model
    for scope in node.split("/"):
        layers = {layer.name: layer for layer in getattr(inside, "layers", ())}
        layer = layers.get(re.sub(r"_\d+$", "", scope)) or layers.get(scope)
        if layer is not None:
            found = inside = layer
    return found
