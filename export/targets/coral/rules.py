"""What the Edge TPU compiler maps of single operators: Coral's table of operations, and what its logs add to that.

``operators.csv`` has an operator a row: the oldest runtime that runs it (Coral's page "TensorFlow models on the Edge
TPU" and the compiler's release notes), the newest version of it that the TensorFlow Lite inside compiler 16 reads, and
the newest that the compiler maps. That is the TensorFlow Lite of mid-2021, and this compiler is the last: a version
that it cannot read makes it refuse the whole file, one that it only reads stays on the CPU ("Operation version not
supported"). The newest mapped is that of public compiled files and logs or, where none has the operator, the version
that brought int8. All operators of a kind have the version that one of them needs: one dense layer over positions, or
one addition of int64, takes the others along.

Where Coral's page says only that an operator "might not be mapped", the limits are those that logs in the issues of
github.com/google-coral/edgetpu and compiled files show; between the largest size known to be mapped and the smallest
known not to be, they are drawn at the former. Compiled files also lift limits of the page, which is of older compilers:
dense layers of several rows, products of two activations and softmax of several rows are mapped.
"""

import csv
import dataclasses
import functools
import math
from pathlib import Path

#: Types of activations.
BYTES = ("int8", "uint8")
#: The newest runtime, of 2021.
RUNTIME = 14
#: Inputs that are parameters: they must be constants, and are no activations. ``...`` stands for all but the first.
_PARAMETERS = {
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D", "STRIDED_SLICE", "SLICE"), ...),
    "FULLY_CONNECTED": (2,),  # of attention, two activations are multiplied
    **dict.fromkeys(("RESHAPE", "PAD", "PRELU", "MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "TRANSPOSE"), (1,)),
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "EXPAND_DIMS", "TILE"), (1,)),
    "BROADCAST_TO": (1,),
    "FILL": (0,),
    "SPLIT": (0,),
    "TRANSPOSE_CONV": (0, 1, 3),
}
#: Operators whose parameters are weights; those of all others set the size of what they make.
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "PRELU")
#: Activations on the chip: 16 tiles of 192 KiB, the most that compiled files use. What moves values about needs input
#: and output there at once. (Issues 31, 187, 356 and 684: resizing to 512×512×32, reshaping 80×80×546 and a transposed
#: convolution of 32×32×1024 to 64×64×512 stay on the CPU.)
_ACTIVATION_BYTES = 16 * 192 * 1024
#: The most pixels that MEAN averages (issue 461: 64×128 is mapped, 256×128 is not).
_MEAN_PIXELS = 64 * 128
#: The most values that TRANSPOSE moves (YOLOv5 and YOLOv8 by compiler 16: 22×22×144 are mapped, 40×40×65 are not).
_TRANSPOSED = 22 * 22 * 144
#: The most values of SOFTMAX: Coral's page says 16,000, and 128×128 are mapped.
_SOFTMAX = 2**14
#: The most features that an LSTM reads a step (issue 598: about 900 are mapped, 1,000 are not).
_LSTM_FEATURES = 900
#: Resizing is mapped where it is precise: in steps of eighths of a pixel.
_STEPS = 8
#: What takes the place of operators that people use most and the Edge TPU lacks.
_INSTEAD = {
    **dict.fromkeys(("HARD_SWISH", "GELU", "ELU"), "use ReLU6 in its place"),
    "LEAKY_RELU": "use ReLU, or PReLU with shared_axes=[1, 2]",
    **dict.fromkeys(("ARG_MAX", "ARG_MIN", "TOPK_V2"), "leave it to the program that reads the output"),
    "DIV": "multiply by the reciprocal where it is a constant",
    "DEPTH_TO_SPACE": "use a transposed convolution",
    "SPLIT_V": "split in equal parts, or slice",
    "MIRROR_PAD": "pad with zeros",
}


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """Why one operator is not mapped, in words, and what to do about it, or ``None``."""

    reason: str
    remedy: str | None = None


@functools.cache
def table():
    """Operator → ``{"runtime": oldest that runs it, "version": newest that is read, "mapped": newest mapped}``."""
    with Path(__file__).with_name("operators.csv").open(newline="", encoding="utf-8") as file:
        return {row.pop("op"): {key: int(value) for key, value in row.items()} for row in csv.DictReader(file)}


def obstacle(operator, graph, runtime=RUNTIME):
    """What keeps an operator off the Edge TPU by itself, wherever it stands in the network.

    Args:
        operator: ``inspection.graph.Operator``.
        graph: its ``Graph``.
        runtime: version of the Edge TPU runtime that the file is compiled for, 10 to 14.

    Returns:
        ``Obstacle``, or ``None`` where there is none.
    """
    known = None if operator.is_custom else table().get(operator.op)
    if operator.op != "DEQUANTIZE" and known is None:
        kind = "custom operator" if operator.is_custom else "operator"
        return Obstacle(f"the Edge TPU has no {kind} {operator.op}", _INSTEAD.get(operator.op))
    found = _of_types(operator, graph)
    if found or known is None:
        return found or Obstacle("the Edge TPU has no operator DEQUANTIZE")
    if known["runtime"] > runtime:
        return Obstacle(f"it needs Edge TPU runtime {known['runtime']}", "compile for that runtime")
    if operator.version > known["mapped"]:
        return Obstacle(
            f"it is of version {operator.version}, and the compiler, of 2021, maps versions up to {known['mapped']}",
            f"leave out what needs the newer {operator.op}: all of a kind have the version that one of them needs",
        )
    limits = _LIMITS.get(operator.op)
    return _of_rank(operator, graph) or (limits(_View(operator, graph)) if limits else None)


def parameters(operator):
    """Which of an operator's inputs are parameters, as their places."""
    places = _PARAMETERS.get(operator.op, ())
    return range(1, len(operator.inputs)) if places is ... else places


def sized_while_running(operator, graph):
    """Whether TensorFlow Lite knows the size of an operator's output only when the network runs.

    No delegate takes a network with such a tensor, wherever it stands.
    """
    if operator.op in _WEIGHTED:
        return False
    places = (0,) if operator.op == "TRANSPOSE_CONV" else parameters(operator)
    given = [operator.inputs[place] for place in places if place < len(operator.inputs)]
    return any(index >= 0 and not graph.tensors[index].is_constant for index in given)


def _activations(operator, graph):
    """``Tensor`` of every input that is no parameter and every output."""
    inputs = [index for place, index in enumerate(operator.inputs) if place not in parameters(operator)]
    if operator.op == "UNIDIRECTIONAL_SEQUENCE_LSTM":  # the others are weights and state, of types of their own
        inputs = inputs[:1]
    return [graph.tensors[index] for index in (*inputs, *operator.outputs) if index >= 0]


def _of_types(operator, graph):
    for tensor in _activations(operator, graph):
        if tensor.dtype not in BYTES:
            at_an_end = tensor.index in (*graph.inputs, *graph.outputs)
            return Obstacle(
                f"it works on {tensor.dtype}, the Edge TPU on 8-bit integers only",
                "export with uint8 in and out" if at_an_end and tensor.dtype == "float32" else "quantize it to int8",
            )
    for place in parameters(operator):
        if place >= len(operator.inputs) or operator.inputs[place] < 0:
            continue
        tensor = graph.tensors[operator.inputs[place]]
        if not tensor.is_constant:
            return Obstacle(
                f"its parameter {tensor.name!r} is computed while the network runs",
                "make it a constant, of fixed sizes",
            )
        if tensor.dtype not in (*BYTES, "int32", "int64"):
            return Obstacle(f"its parameter {tensor.name!r} is {tensor.dtype}", "quantize it to int8")
    return None


def _of_rank(operator, graph):
    for tensor in _activations(operator, graph):
        if len(_inner(tensor.shape)) > 3:
            sizes = "×".join(map(str, tensor.shape))
            return Obstacle(
                f"only the three innermost sizes of a tensor may exceed 1, and this one is {sizes}",
                "use batch 1, and no more than three dimensions beside it",
            )
    return None


def _inner(shape):
    """A shape without the ones that it begins with."""
    first = next((axis for axis, size in enumerate(shape) if size != 1), len(shape))
    return shape[first:]


class _View:
    """An operator with its tensors at hand, for the limits."""

    def __init__(self, operator, graph):
        self.options = operator.options
        self.inputs = [graph.tensors[index] if index >= 0 else None for index in operator.inputs]
        self.outputs = [graph.tensors[index] for index in operator.outputs]
        self._graph = graph

    def values(self, place):
        """Values of a constant input as a flat list; empty where they are not there."""
        tensor = self.inputs[place] if place < len(self.inputs) else None
        data = None if tensor is None else self._graph.data(tensor.index)
        return [] if data is None else data.ravel().tolist()

    def axes(self, place, shape):
        """Values of a constant input that are axes of ``shape``, from 0."""
        return [int(axis) % len(shape) for axis in self.values(place)] if shape else []


def _unfused(view):
    if view.options.get("fusedActivationFunction", "NONE") != "NONE":
        return Obstacle("it has a fused activation", "put the activation behind it, as a layer of its own")
    return None


def _evenly_dilated(view):
    factors = (view.options.get("dilationHFactor", 1), view.options.get("dilationWFactor", 1))
    dilated = {factor for factor, size in zip(factors, view.inputs[1].shape[1:3], strict=False) if size > 1}
    if len(dilated) > 1:
        return Obstacle("it is dilated unevenly in height and width", "dilate both alike")
    return None


def _concatenation(view):
    constants = [place for place, tensor in enumerate(view.inputs) if tensor is not None and tensor.is_constant]
    if constants:
        zero = (view.inputs[constants[0]].zero_point or (0,))[0]
        if len(view.inputs) != 2 or any(value != zero for value in view.values(constants[0])):
            return Obstacle("it appends a constant other than zeros", "concatenate what the network computes, or pad")
    return _unfused(view)


def _fully_connected(view):
    if view.options.get("weightsFormat", 0) != 0:
        return Obstacle("its weights are shuffled", "store them in the default format")
    return _moved(view)


def _reduction(view):
    if 0 in view.axes(1, view.inputs[0].shape):
        return Obstacle("it reduces the batch", "leave the first dimension as it is")
    return None


def _mean(view):
    shape = view.inputs[0].shape
    axes = view.axes(1, shape)
    if len(shape) - 1 in axes and shape[-1] % 4:
        return Obstacle(f"it averages {shape[-1]} channels, which 4 does not divide", "use a multiple of 4 channels")
    pixels = math.prod(shape[axis] for axis in axes if axis < len(shape) - 1)
    if pixels > _MEAN_PIXELS:
        return Obstacle(
            f"it averages {pixels:,} pixels, more than the {_MEAN_PIXELS:,} that are known to be mapped",
            "pool in two steps, or split it and add the parts",
        )
    return _reduction(view)


def _pad(view):
    if any(view.values(1)[:2]):
        return Obstacle("it pads the batch", "pad height, width or channels")
    return None


def _prelu(view):
    if math.prod(view.inputs[1].shape[:-1]) != 1:
        return Obstacle("it has slopes that differ between pixels", "give PReLU shared_axes=[1, 2]")
    return None


def _lstm(view):
    features = view.inputs[0].shape[-1]
    if features > _LSTM_FEATURES:
        return Obstacle(
            f"it reads {features:,} features a step, more than the {_LSTM_FEATURES:,} that are known to be mapped",
            "reduce them by a convolution before it",
        )
    return None


def _moved(view, place=0):
    """What keeps one from the chip that needs its input, at that place, and its output there at once."""
    size = view.inputs[place].elements + view.outputs[0].elements
    if size >= _ACTIVATION_BYTES:
        return Obstacle(
            f"input and output, {size:,} bytes, do not fit into the chip's {_ACTIVATION_BYTES:,} together",
            "use a smaller input, fewer channels, or leave it to the program that reads the output",
        )
    return None


def _resize(view):
    aligned = bool(view.options.get("alignCorners"))
    for before, after in zip(view.inputs[0].shape[1:3], view.outputs[0].shape[1:3], strict=False):
        if before == after:
            continue
        step = (before - 1) / (after - 1) if aligned and after > 1 else before / after
        if before == 1 or not (step * _STEPS).is_integer():
            return Obstacle(
                f"resizing {before} to {after}{' with aligned corners' if aligned else ''} is not precise enough there",
                "resize by 2 at a time, from more than one pixel",
            )
    return _moved(view)


def _softmax(view):
    if view.inputs[0].elements > _SOFTMAX:
        return Obstacle(
            f"it is of {view.inputs[0].elements:,} values, more than the {_SOFTMAX:,} that are known to be mapped",
            "leave it to the program that reads the output",
        )
    return None


def _split(view):
    shape = view.inputs[1].shape
    if len(view.outputs) > 1 and 0 in view.axes(0, shape):
        return Obstacle("it splits the batch", "split another dimension")
    return None


def _strided_slice(view):
    if view.options.get("ellipsisMask", 0) or view.options.get("newAxisMask", 0):
        return Obstacle("it has an ellipsis or adds an axis", "slice by plain ranges")
    if any(stride < 1 for stride in view.values(3)):
        return Obstacle("it has a negative stride", "slice forwards")
    return None


def _tile(view):
    repeated = [size for size, times in zip(view.inputs[0].shape, view.values(1), strict=False) if times > 1]
    if any(size > 1 for size in repeated) or not view.values(1):
        return Obstacle("it repeats more than single pixels", "repeat by resizing or by concatenation")
    return _moved(view)


def _transpose(view):
    shape = view.inputs[0].shape
    axes = view.axes(1, shape)
    if len(shape) > 3 and axes and axes[0] != 0:
        return Obstacle("it moves the batch", "leave the first dimension where it is")
    moves = [axis for axis in axes if shape[axis] != 1]
    if moves != sorted(moves) and view.inputs[0].elements > _TRANSPOSED:
        return Obstacle(
            f"it moves {view.inputs[0].elements:,} values, more than the {_TRANSPOSED:,} that are known to be mapped",
            "build the network channels last, so that nothing is transposed",
        )
    return None


_LIMITS = {
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), _unfused),
    **dict.fromkeys(("CONV_2D", "DEPTHWISE_CONV_2D"), _evenly_dilated),
    "CONCATENATION": _concatenation,
    "FULLY_CONNECTED": _fully_connected,
    "MEAN": _mean,
    **dict.fromkeys(("SUM", "REDUCE_MAX", "REDUCE_MIN"), _reduction),
    "PAD": _pad,
    "PRELU": _prelu,
    "RESHAPE": _moved,
    **dict.fromkeys(("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), _resize),
    "SOFTMAX": _softmax,
    "SPLIT": _split,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TRANSPOSE": _transpose,
    "TRANSPOSE_CONV": lambda view: _moved(view, 2),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm,
}
