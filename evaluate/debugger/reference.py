"""The float file that a quantized one is held against."""

import dataclasses
from pathlib import Path

from ...common.errors import EdgezooError
from ...export.bundle import entry_of
from ...export.conversion import convert, prepare
from ...export.forms import Form
from ...inspection.files import KERAS, kind_of
from ...inspection.graph import read_graph
from ...inspection.sizes import graph_for
from ..identity import describe_file


def float_file(path, folder, input_shape, pixels=None):
    """A float ``.tflite`` file of a network: the file itself, or what a ``.keras`` file is converted to.

    Args:
        path: ``.keras`` or float ``.tflite`` file.
        folder: ``Path`` of a folder to write to.
        input_shape: (H, W, C) that a model of any size is converted for.
        pixels: ``Pixels`` that it takes, or ``None`` for what it tells.

    Returns:
        ``Path``.

    Raises:
        EdgezooError: the ``.tflite`` file is quantized itself, or the model cannot be converted.
    """
    if kind_of(path) != KERAS:
        if is_quantized(read_graph(path, graph_for(path, input_shape[:2]))):
            raise EdgezooError(f"{path} is quantized itself; compare with the .keras file, or with a float32 file.")
        return Path(path)
    form = Form("float32", "float32")
    prepared = prepare(path, [form], pixels=pixels)
    shapes = {
        size: [tuple(own or given for own, given in zip(shape, input_shape, strict=False)) for shape in taken]
        for size, taken in prepared.shapes.items()
    }
    (made,) = convert(dataclasses.replace(prepared, shapes=shapes), [form], folder)
    if made.error:
        raise EdgezooError(f"{path} cannot be converted to compare with: {made.error}.")
    return made.path


def is_quantized(graph):
    """Whether any tensor of a ``Graph`` has a scale."""
    return any(tensor.scale for tensor in graph.tensors)


def require_same_network(path, against):
    """Refuses a file and a model of which is known that one was not made from the other as it is."""
    networks = [describe_file(each)["network"] for each in (path, against)]
    if None not in networks and networks[0] != networks[1]:
        raise EdgezooError(f"{path} was not made from {against}, or that was trained on since; give its own model.")
    calibration = (entry_of(path) or {}).get("calibration")
    if isinstance(calibration, dict) and calibration.get("equalized_channels"):
        raise EdgezooError(
            f"{path} was exported with --equalize, which gives its layers other ranges than those of {against}; look "
            "into a file without."
        )
