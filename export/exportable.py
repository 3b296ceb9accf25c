"""What a model must be like to be exported."""

from ..common.errors import EdgezooError
from .diagnosis import by_layer

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
        raise EdgezooError(f"{name} cannot be exported: {by_layer(stateful, model)}; leave that out of the model.")
