"""What a device gets of a file, so that it need not know anything of pixels and number formats."""

import dataclasses
from pathlib import Path

import numpy as np

from ...common.errors import EdgezooError
from ...inspection.files import TFLITE, kind_of
from ...inspection.graph import Graph, read_graph
from ...inspection.pixels import Pixels
from ...inspection.sizes import graph_for, with_first
from ...inspection.tflite_pixels import tflite_pixels
from ..quantization import dequantize, quantization_of, quantize
from ..scores import class_scores
from ..shapes import single_image_shape


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A ``.tflite`` file that goes to a device.

    Attributes:
        path: of the file here.
        content: of what is sent: the file, or of several sizes the one for the right size first.
        graph: what it holds.
        input_shape: (H, W, C) that it takes.
        pixels: ``Pixels`` that it takes.
        table: [256, C] in the type of its input: what it takes for a pixel of each channel.
    """

    path: str
    content: bytes
    graph: Graph
    input_shape: tuple[int, int, int]
    pixels: Pixels
    table: np.ndarray

    def output_type(self, said):
        """The type of its outputs; an ``EdgezooError`` where the device said another one."""
        name = self.graph.tensors[self.graph.outputs[0]].dtype
        if said != name:
            raise EdgezooError(f"{self.path} gives {name}, and the device sent {said}.")
        return np.dtype(name)

    def scores(self, outputs):
        """Scores of all classes, float32 [n, classes], from outputs as they are stored, [n, outputs]."""
        tensor = self.graph.tensors[self.graph.outputs[0]]
        return class_scores(dequantize(outputs, *quantization_of(tensor)), self.graph)


def prepare(path, image_size=None, pixels=None):
    """A file, ready to be sent.

    Args:
        path, image_size, pixels: as for ``runtime.load_runner``.

    Raises:
        EdgezooError: it is no ``.tflite`` file, damaged, or no image classifier.
    """
    if kind_of(path) != TFLITE:
        raise EdgezooError(f"{path} is a .keras file, and devices run .tflite files only; export it first.")
    number = graph_for(path, image_size)
    content, graph = Path(path).read_bytes(), read_graph(path, number)
    if number:
        content = with_first(content, number)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise EdgezooError(f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; one each is run.")
    tensor = graph.tensors[graph.inputs[0]]
    shape = single_image_shape(path, tensor.shape_signature, image_size)
    pixels = pixels or tflite_pixels(path)
    ramp = np.arange(256, dtype=np.uint8)[:, None].repeat(shape[2], axis=1)
    try:
        table = quantize(pixels.values(ramp), tensor.dtype, *quantization_of(tensor))
    except (ValueError, TypeError) as error:
        raise EdgezooError(f"{path} does not take pixels of {pixels.text}: {error}") from error
    return Prepared(str(path), content, graph, shape, pixels, table)
