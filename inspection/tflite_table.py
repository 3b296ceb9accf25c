"""The operator table of a ``.tflite`` file."""

import dataclasses
import math

from ..common.errors import EdgezooError
from .arithmetic import Field, is_global, peak_bytes, plane, tidy
from .damage import naming_damage
from .graph import read_graph
from .resizing import shapes_at
from .sizes import graph_for
from .table import Row, Summary, whole_shape

#: Operators whose constant inputs are the network's parameters; elsewhere constants are shapes, axes and the like.
_WITH_PARAMETERS = frozenset(
    (
        *("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL"),
        *("ADD", "SUB", "MUL", "DIV", "PRELU"),
    )
)
_REDUCTIONS = frozenset(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"))
_VIEWS = frozenset(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"))
_POOLING = frozenset(("MAX_POOL_2D", "AVERAGE_POOL_2D", "L2_POOL_2D"))
_RESIZES = {"RESIZE_NEAREST_NEIGHBOR": 1, "RESIZE_BILINEAR": 2}  # neighbours that are mixed along an axis
#: Built-ins that multiply and are not counted, and those that run other graphs of the file.
_UNCOUNTED = frozenset(
    (
        *("CONV_3D", "CONV_3D_TRANSPOSE", "RNN", "LSTM", "SVDF"),
        *("UNIDIRECTIONAL_SEQUENCE_RNN", "UNIDIRECTIONAL_SEQUENCE_LSTM"),
        *("BIDIRECTIONAL_SEQUENCE_RNN", "BIDIRECTIONAL_SEQUENCE_LSTM"),
        *("IF", "WHILE", "CALL", "STABLEHLO_COMPOSITE"),
    )
)


def describe_tflite(path, input_shape):
    """See ``describing.describe``."""
    graph = read_graph(path, graph_for(path, input_shape and input_shape[:2]))
    for operator in graph.operators:
        if operator.is_custom or operator.op in _UNCOUNTED:
            raise EdgezooError(f"{path} holds the operator {operator.op}, whose multiplications cannot be counted.")
    with naming_damage(path):
        return _GraphWalk(graph, _static(path, graph, input_shape)).summary()


def _static(path, graph, input_shape):
    """All tensors of a graph, with every side known."""
    if not graph.inputs:
        return graph.tensors
    image = graph.tensors[graph.inputs[0]]
    own = tuple(None if side == -1 else side for side in image.shape_signature[1:])
    input_shape = whole_shape(input_shape, own, path)
    return _resized(path, graph, input_shape) if None in own else graph.tensors


def _resized(path, graph, input_shape):
    """The tensors of a resizable file at one size, which only the runtime can tell."""
    shapes = shapes_at(path, graph.inputs[0], input_shape)
    return tuple(dataclasses.replace(tensor, shape=shapes.get(tensor.index, tensor.shape)) for tensor in graph.tensors)


class _GraphWalk:
    """Goes through the operators of a ``.tflite`` file in its order, which is that of execution.

    An operator that reads constants only (the DEQUANTIZE of float16 weights) runs once, before the first image: what
    it writes is a constant too.
    """

    def __init__(self, graph, tensors):
        self.graph, self.tensors = graph, tensors
        self.image = plane(tensors[graph.inputs[0]].shape[1:-1]) if graph.inputs else (1, 1)
        self.constants = {tensor.index for tensor in tensors if tensor.is_constant}
        self.counted = set()
        self.fields = {index: Field() for index in graph.inputs}
        self.memory = {}  # tensor → the one whose memory it uses
        self.steps = []

    def summary(self):
        rows = tuple(self.step(operator) for operator in self.graph.operators)
        return Summary(
            rows=rows,
            params=sum(row.params for row in rows),
            macs=sum(row.macs for row in rows),
            peak_activation_bytes=peak_bytes(
                self.steps,
                self.graph.inputs,
                [self.memory.get(i, i) for i in self.graph.outputs],
                lambda i: self.tensors[i].size_bytes,
            ),
        )

    def shape(self, index):
        return self.tensors[index].shape

    def step(self, operator):
        """The row of one operator."""
        present = [i for i in operator.inputs if i >= 0]
        read = [i for i in present if i not in self.constants]
        output = operator.outputs[0]
        window = self.window(operator)
        field = self.field(operator, window, read)
        self.fields.update(dict.fromkeys(operator.outputs, field))
        written = list(operator.outputs)
        if present and not read:
            self.constants.update(written)
            written = []
        elif operator.op in _VIEWS:
            self.memory[output] = self.memory.get(read[0], read[0])
            written = []
        self.steps.append(([self.memory.get(i, i) for i in read], written))
        return Row(
            name=self.tensors[output].name,
            op=operator.op,
            output_shape=self.shape(output)[1:],
            kernel=window and window[0],
            stride=window and window[1],
            padding=window and operator.options["padding"].lower(),
            receptive_field=tidy(field.size),
            params=self.params(operator, present) if read else 0,
            macs=self.macs(operator),
            activation_bytes=sum(self.tensors[i].size_bytes for i in written),
            input_size=window and plane(self.shape(read[0])[1:-1]),
            dilation=window and window[2],
        )

    def params(self, operator, present):
        if operator.op not in _WITH_PARAMETERS:
            return 0
        # The output shape of a transposed convolution is an input like its weights.
        places = present[1:] if operator.op == "TRANSPOSE_CONV" else present
        fresh = {i for i in places if i in self.constants} - self.counted
        self.counted |= fresh
        return sum(self.tensors[i].elements for i in fresh)

    def field(self, operator, window, read):
        field = Field.widest(self.fields.get(i, Field()) for i in read)
        after = self.shape(operator.outputs[0])
        if operator.op == "FULLY_CONNECTED" and len(after) == 2:
            return field.over(self.image)
        if operator.op in _REDUCTIONS and is_global(self.shape(read[0]), after):
            return field.over(self.image)
        if operator.op in _RESIZES:
            before = self.shape(read[0])
            return field.resized(plane(before[1:-1]), plane(after[1:-1]), _RESIZES[operator.op])
        if window is None:
            return field
        return field.through_transposed(*window) if operator.op == "TRANSPOSE_CONV" else field.through(*window)

    def window(self, operator):
        """(kernel, stride, dilation) as (height, width) pairs; ``None`` for an operator without a window."""
        options = operator.options
        if operator.op in _POOLING:
            kernel = options["filterHeight"], options["filterWidth"]
        elif operator.op in ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"):
            # Weights: [out, h, w, in] for CONV_2D and TRANSPOSE_CONV, [1, h, w, out] for DEPTHWISE_CONV_2D.
            kernel = self.shape(operator.inputs[1])[1:3]
        else:
            return None
        dilation = options.get("dilationHFactor", 1), options.get("dilationWFactor", 1)
        return kernel, (options["strideH"], options["strideW"]), dilation

    def macs(self, operator):
        """Multiply-accumulates of one operator, as of the Keras layer that it came from."""
        output = self.shape(operator.outputs[0])
        if operator.op in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            return math.prod(output[1:3]) * math.prod(self.shape(operator.inputs[1]))
        if operator.op == "TRANSPOSE_CONV":
            return math.prod(self.shape(operator.inputs[2])[1:3]) * math.prod(self.shape(operator.inputs[1]))
        if operator.op == "FULLY_CONNECTED":
            return math.prod(output) * self.shape(operator.inputs[1])[1]
        if operator.op == "BATCH_MATMUL":
            return math.prod(output) * self.shape(operator.inputs[0])[-2 if operator.options["adjX"] else -1]
        return 0
