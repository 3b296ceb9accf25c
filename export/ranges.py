"""The ranges of a float file's tensors on calibration images."""

import numpy as np

from ..inspection.graph import read_graph
from ..inspection.interpreter import make_interpreter
from ..inspection.writing import written
from .estimators import ESTIMATORS, MinMax


def ranges_of(content, samples, estimator="minmax", whole=()):
    """Runs a float file on images, and estimates the range of every tensor that it computes.

    Args:
        content: ``bytes`` of a ``.tflite`` file in float32 with one input.
        samples: function without arguments to an iterable over the file's inputs, each ``{name: float32 [1, …]}``; it
            is called twice where the estimator needs a histogram.
        estimator: key of ``ESTIMATORS``.
        whole: names of tensors that keep all of their values, as those in int16 do. The graph's input always does: its
            scale has to fit all pixels.

    Returns:
        Name of the tensor → ``(lowest, highest)``, floats on both sides of zero or zero.
    """
    graph = read_graph(content)
    inputs = {graph.tensors[index].name for index in graph.inputs}
    found = {
        tensor.index: (MinMax if tensor.name in inputs or tensor.name in whole else ESTIMATORS[estimator])()
        for tensor in graph.tensors
        if tensor.dtype == "float32" and not tensor.is_constant
    }
    interpreter = make_interpreter(content, delegate=False, keep_tensors=True)
    interpreter.allocate_tensors()
    for index, values in _values(interpreter, samples(), found):
        found[index].add(values)
    if histograms := {index for index, each in found.items() if each.needs_histogram}:
        for index, values in _values(interpreter, samples(), histograms):
            found[index].again(values)
    return {graph.tensors[index].name: each.range() for index, each in found.items()}


def with_ranges(content, ranges):
    """A file that the converter has calibrated, with other ranges.

    Args:
        content: ``bytes`` of a float file whose tensors tell their lowest and highest value.
        ranges: what ``ranges_of`` gives for it.

    Returns:
        ``bytes``.
    """
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.convert_bytearray_to_object(content)
    for tensor in model.subgraphs[0].tensors:
        found = ranges.get(tensor.name.decode())
        if found and tensor.quantization is not None and tensor.quantization.min is not None:
            tensor.quantization.min, tensor.quantization.max = (np.array([end], np.float32) for end in found)
    return written(model)


def _values(interpreter, samples, indices):
    """Yields ``(index, values)`` of the tensors for one image after another, the finite values, float32 [n]."""
    (taken,) = interpreter.get_input_details()
    for (image,) in (sample.values() for sample in samples):
        interpreter.set_tensor(taken["index"], image)
        interpreter.invoke()
        for index in indices:
            values = interpreter.get_tensor(index).ravel()
            if not np.isfinite(values).all():
                values = values[np.isfinite(values)]
            if values.size:
                yield index, values
