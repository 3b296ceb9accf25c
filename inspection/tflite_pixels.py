"""What a ``.tflite`` file takes for a pixel, read off the file."""

import numpy as np
from flatbuffers.number_types import Float32Flags
from flatbuffers.table import Table

from ..common.errors import EdgezooError
from .graph import read_graph
from .metadata import INPUTS, byte, described_tensors, tables
from .pixels import ASSUMED, Pixels, range_expected, range_held

_METADATA, _SCALE, _TYPE, _OPERATORS = "metadata", "input scale", "input type", "first operators"


def tflite_pixels(path, guess=False):
    """What a ``.tflite`` file takes for a pixel.

    By its metadata (mean and standard deviation of ``NormalizationOptions``), else by scale and zero point of its
    input, else by the arithmetic that a float file begins with.

    Args:
        path: the file.
        guess: whether pixels are spread over all that a quantized input can hold where its range is none of the usual:
            for timing, which no value changes.

    Returns:
        ``Pixels``; raw ones are assumed of a float file that leaves it open, and of what takes no image at all.

    Raises:
        EdgezooError: the file is damaged, or its input is quantized for a range that is none of the usual.
    """
    graph = read_graph(path)
    if len(graph.inputs) != 1 or len(graph.tensors[graph.inputs[0]].shape) != 4:
        return Pixels()
    tensor = graph.tensors[graph.inputs[0]]
    scale, offset, steps = 1.0, 0.0, []
    if not tensor.dtype.startswith("float"):
        quantized = tensor
    else:
        quantized, steps = _first_operators(graph)
        if steps:
            scale, offset = steps[-1]
    held = _held(quantized) if quantized else None

    normalization = _normalization(path)
    if normalization and (held is None or _fits(normalization, scale, offset, held)):
        return normalization
    if held is None:
        if quantized:
            return Pixels(known_by=_TYPE)
        # Of several steps the first ones may bring pixels to raw ones, and the others undo that.
        expected = (range_expected(*step) for step in reversed(steps))
        ends = next(filter(None, expected), None)
        return Pixels.of_range(*ends, _OPERATORS) if ends else Pixels()
    ends = sorted((end - offset) / scale for end in held)
    found = range_held(*ends, is_symmetric=quantized.dtype == "int16")
    if found is None and not guess:
        low, high = (f"{end:.3g}" for end in ends)
        raise EdgezooError(
            f"{path} takes values from {low} to {high}, which is none of the ranges that pixels usually have; say what "
            "its pixels are with --pixels LOW..HIGH or MEAN,STD, such as "
            "--pixels 123.675,116.28,103.53,58.395,57.12,57.375 for the mean and std of ImageNet."
        )
    return Pixels.of_range(*(found or ends), _SCALE if found else ASSUMED)


def _held(tensor):
    """``(low, high)`` of the values that a quantized tensor can hold; ``None`` where it declares no scale."""
    if len(tensor.scale) != 1 or not tensor.scale[0] or tensor.dtype not in ("uint8", "int8", "int16"):
        return None
    limits = np.iinfo(tensor.dtype)
    zero_point = tensor.zero_point[0] if tensor.zero_point else 0
    return tuple(tensor.scale[0] * (end - zero_point) for end in (limits.min, limits.max))


def _fits(pixels, scale, offset, held):
    """Whether at least half of the pixels are values that a quantized input can hold.

    Files of integers are sometimes given a mean of 0 and a standard deviation of 1, whatever their scale is.
    """
    values = scale * (np.arange(256)[:, None] - np.array(pixels.mean)) / np.array(pixels.std) + offset
    return np.mean((held[0] <= values) & (values <= held[1])) >= 0.5


def _first_operators(graph):
    """What becomes of a float input before anything else computes with it.

    Returns:
        ``(quantized, steps)``: the tensor that it is quantized to, or ``None``; after each operator by constants the
        ``(scale, offset)`` that all so far make together, means over the channels.
    """
    index, steps = graph.inputs[0], []
    scale, offset = 1.0, 0.0
    while True:
        readers = [operator for operator in graph.operators if index in operator.inputs]
        if len(readers) != 1 or len(readers[0].outputs) != 1:
            return None, steps
        (operator,), (output,) = readers, readers[0].outputs
        if operator.op == "QUANTIZE":
            return graph.tensors[output], steps
        step = _arithmetic(graph, operator, index)
        if step is None:
            return None, steps
        scale, offset = step[0] * scale, step[0] * offset + step[1]
        steps.append((scale, offset))
        index = output


def _arithmetic(graph, operator, index):
    """``(scale, offset)`` of an operator that is no more than that, or ``None``."""
    if operator.op not in ("MUL", "DIV", "ADD", "SUB") or operator.options.get("fusedActivationFunction") != "NONE":
        return None
    is_first = operator.inputs[0] == index
    number = _constant(graph, operator.inputs[is_first])
    if number is None or number.size not in (1, graph.tensors[index].shape[-1]):
        return None
    number = float(number.mean())
    match operator.op:
        case "MUL" if number:
            return number, 0.0
        case "DIV" if is_first and number:
            return 1 / number, 0.0
        case "ADD":
            return 1.0, number
        case "SUB":
            return (1.0, -number) if is_first else (-1.0, number)
    return None


def _constant(graph, index):
    """Values of a constant; a float16 file has it behind a DEQUANTIZE."""
    for operator in graph.operators:
        if operator.op == "DEQUANTIZE" and index in operator.outputs and not graph.tensors[operator.inputs[0]].scale:
            index = operator.inputs[0]
    return graph.data(index)


#: Places of fields in the metadata's schema, and a kind of unit.
_UNITS, _KIND, _OPTIONS, _MEAN, _STD = 4, 0, 1, 0, 1
_NORMALIZATION = 1


def _normalization(path):
    """``Pixels`` of the ``NormalizationOptions`` of a file's input, or ``None`` if its metadata have none."""
    try:
        image = described_tensors(path, INPUTS)[0]
        unit = next(unit for unit in tables(image, _UNITS) if byte(unit, _KIND) == _NORMALIZATION)
        options = Table(unit.Bytes, unit.Indirect(unit.Pos + unit.Offset(4 + 2 * _OPTIONS)))
        numbers = [options.GetVectorAsNumpy(Float32Flags, options.Offset(4 + 2 * field)) for field in (_MEAN, _STD)]
        channels = max(map(len, numbers))  # one number counts for all channels
        mean, std = (each.tolist() * (channels if len(each) == 1 else 1) for each in numbers)
        return Pixels(tuple(mean), tuple(std), _METADATA)
    except MemoryError:
        raise
    except Exception:  # the offsets of damaged metadata lead anywhere, and their numbers mean nothing
        return None
