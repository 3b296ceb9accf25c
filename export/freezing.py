"""From a Keras model to a SavedModel that the converter takes: one signature, batch 1, weights as constants."""

import collections
import os

from ..common.errors import EdgezooError
from ..common.quiet import import_tensorflow, quiet_stderr
from ..zoo.calling import gist_of_call
from .exportable import require_exportable_graph

#: The parts of red, green and blue in gray (ITU-R BT.601), as Pillow has them and manifests say.
LUMA = (0.299, 0.587, 0.114)


def signature_names(model):
    """Names of the inputs and of the outputs in the file, in the order of ``model.inputs`` and ``model.outputs``.

    A single image is ``image``, a single softmax or sigmoid is ``probabilities``; all others have the names of their
    layers, not of what rounds their results.
    """
    from ..zoo.endings import PROBABILITIES, activation_of, last_operation
    from ..zoo.layers import FakeQuantize

    def named(operation):
        while isinstance(operation, FakeQuantize):
            operation = operation._inbound_nodes[0].input_tensors[0]._keras_history.operation
        return operation.name

    inputs = [tensor.name for tensor in model.inputs]
    if len(inputs) == 1 and len(model.inputs[0].shape) == 4:
        inputs = ["image"]
    made = {each.name: each for each in getattr(model, "operations", model.layers)}
    # A Sequential has one, and does not name it.
    outputs = [named(made[name]) for name in getattr(model, "output_names", [model.layers[-1].name])]
    if len(outputs) == 1 and activation_of(last_operation(model)) in PROBABILITIES:
        outputs = ["probabilities"]
    return _distinct(inputs), _distinct(outputs)


def _distinct(names):
    """The names, numbered where one comes again (two outputs of one layer)."""
    seen = collections.Counter()
    result = []
    for name in names:
        seen[name] += 1
        result.append(f"{name}_{seen[name]}" if seen[name] > 1 else name)
    return result


def save_frozen(model, shapes, folder, name, from_rgb=False, like=None):
    """Writes a SavedModel whose one signature, ``"serving_default"``, computes ``model`` for a single example.

    The weights become constants, since the converter's int8 calibration cannot read variables. Freezing drops the
    names of inputs and outputs; a function around the frozen one brings them back.

    Args:
        model: ``keras.Model`` that ``exportable`` gives.
        shapes: shape of every input without the batch; ``None`` for a side that stays open.
        folder: to write to.
        name: of the model, for messages.
        from_rgb: whether it takes one colour image instead of the gray one that the model takes.
        like: ``keras.Model`` that gives inputs and outputs their names; ``None`` for ``model``.

    Raises:
        EdgezooError: a layer cannot be traced, or has operations that no file can hold.
    """
    tf = import_tensorflow()
    import keras
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    from ..zoo.copying import as_input
    from .trained_ranges import range_of_input

    inputs, outputs = signature_names(like or model)
    shapes = [(*shape[:2], 3) for shape in shapes] if from_rgb else shapes
    specs = [tf.TensorSpec((1, *shape), tf.float32, name=key) for shape, key in zip(shapes, inputs, strict=True)]

    @tf.function(input_signature=specs)
    def traced(*tensors):
        if from_rgb:
            weights, rounded = tf.constant(LUMA, shape=(1, 1, 3, 1)), range_of_input(model) or tf.identity
            tensors = [tf.nn.conv2d(rounded(tensor), weights, 1, "VALID", name="gray") for tensor in tensors]
        results = model(as_input(model, list(tensors)), training=False)
        return dict(zip(outputs, keras.tree.flatten(results), strict=True))

    try:
        concrete = traced.get_concrete_function()
    except Exception as error:  # a user's layer may raise anything
        gist = gist_of_call(error)[:300]
        raise EdgezooError(f"{name} cannot be exported: it does not run as a TensorFlow graph: {gist}") from error

    with quiet_stderr():
        # Loops stay loops: lowered to switches and merges they would have no built-in operator.
        frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    require_exportable_graph(frozen.graph.get_operations(), model, name)

    @tf.function(input_signature=specs)
    def served(*tensors):
        return tf.nest.pack_sequence_as(concrete.structured_outputs, frozen(*tensors))

    # Gradients, such as swish brings its own of, have no place in a file that only infers, and cannot be saved frozen.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    with quiet_stderr():
        tf.saved_model.save(tf.Module(), os.fspath(folder), signatures={"serving_default": served}, options=options)
