"""What a model must be like to be exported."""

import numpy as np

from ..common.errors import EdgezooError
from ..zoo.calling import try_call
from .diagnosis import by_layer

# Operators that TensorFlow counts as stateful only because the graphs they call might be.
_CALLS = {"While", "If", "Case", "PartitionedCall", "StatefulPartitionedCall"}


def exportable(model, name):
    """A Keras model in the form that is exported: float32 inputs and arithmetic, one image (or more) a call.

    Args:
        model: ``keras.Model``.
        name: of the model, for messages.

    Returns:
        The model, which computes in float32 from now on; where its inputs have another type or a fixed batch, or its
        weights another type, a flat copy without those.

    Raises:
        EdgezooError: it is subclassed or not built, channels_first, or an input has too many open sides or no numbers;
            or it counts with integers, which a copy in float32 does not.
    """
    if not getattr(model, "inputs", None):
        raise EdgezooError(
            f"{name} cannot be exported: a {type(model).__name__} does not tell its inputs. Build it as a functional "
            "model, keras.Model(inputs, outputs), or give its Sequential an Input."
        )
    from ..zoo.classifier import require_channels_last

    require_channels_last(model, name)
    for tensor in model.inputs:
        shape = tensor.shape[1:]
        if tensor.dtype in ("string", "bool") or tensor.dtype.startswith("complex"):
            raise EdgezooError(
                f"{name} cannot be exported: its input {tensor.name!r} is {tensor.dtype}; pixels come in as numbers, "
                "so declare keras.Input(…, dtype='float32')."
            )
        if None in shape and (len(shape) != 3 or shape[2] is None):
            raise EdgezooError(
                f"{name} cannot be exported: its input {tensor.name!r} has the open shape {tuple(tensor.shape)}; only "
                "the height and width of an image may be open."
            )
    plain_inputs = all(tensor.shape[0] in (None, 1) and tensor.dtype == "float32" for tensor in model.inputs)
    if plain_inputs and all(weight.dtype == "float32" or "int" in weight.dtype for weight in model.weights):
        return _in_float32(model)
    return _flat_in_float32(model, name)


def _in_float32(model):
    """Makes a model that was trained in mixed precision compute in float32 throughout; in place.

    Its variables are float32 already. LiteRT has no bfloat16, and float16 arithmetic would be frozen into every format.
    """
    for layer in model._flatten_layers():
        layer.dtype_policy = "float32"
    return model


def _flat_in_float32(model, name):
    """A flat copy in float32, and proof that it answers as a model does whose inputs are integers."""
    import keras

    from ..zoo.classifier import require_open_batch
    from ..zoo.copying import as_input
    from ..zoo.flattening import flattened

    network = flattened(model, policy="float32").network
    batch = model.inputs[0].shape[0]
    if batch is not None:
        require_open_batch(network, batch, f"{name} cannot be exported: it")
    if all("int" in tensor.dtype for tensor in model.inputs):
        random = np.random.default_rng(0)
        shapes = [[batch or 1, *(side or 64 for side in tensor.shape[1:])] for tensor in model.inputs]
        images = [random.integers(0, 128, shape) for shape in shapes]

        def answer(of):
            tensors = [image.astype(tensor.dtype) for image, tensor in zip(images, of.inputs, strict=True)]
            return [np.asarray(output, np.float32) for output in keras.tree.flatten(of(as_input(of, tensors)))]

        if not all(
            np.allclose(*pair, rtol=0.01, atol=0.01) for pair in zip(answer(model), answer(network), strict=True)
        ):
            raise EdgezooError(
                f"{name} cannot be exported: it counts in {model.inputs[0].dtype} what a file counts in float32, with "
                "other results; cast its input first, keras.ops.cast(x, 'float32')."
            )
    return network


def input_shapes(model, sizes):
    """The input shapes to export a model with.

    Args:
        model: ``keras.Model`` that ``exportable`` gives.
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
        model, name: as in ``exportable``.

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
        try_call(model, name)  # of a network that cannot be run at all, that is what is to be said
        raise EdgezooError(f"{name} cannot be exported: {by_layer(stateful, model)}; leave that out of the model.")
