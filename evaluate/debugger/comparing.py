"""Two files on the same images, layer by layer."""

import numpy as np

from ...common.errors import EdgezooError
from ...common.text import one_line
from ...inspection.feeding import fed
from ...inspection.graph import read_graph
from ...inspection.interpreter import make_interpreter
from ...inspection.sizes import graph_for, with_first
from ...runtime.quantization import dequantized
from ...runtime.tflite_runner import TFLiteRunner
from .noise import Noise

#: Share of a layer's values that count as usual; the others are outliers.
USUAL = 0.999


class Comparison:
    """Adds up what is asked of each layer, image by image.

    Three networks see each image: the quantized one, the float one, and the operators of the float one apart, each on
    what the quantized one has there. What a quantized operator is off by from that is its own noise; what it is off by
    from the float network has the noise from above in it, too.

    Args:
        quantized, reference: ``Path`` of the two ``.tflite`` files.
        pixels: the ``Pixels`` of each.
        image_size: (height, width) that they are run at.
        pairs: ``(tensor, reference's tensor)`` of each layer's output.

    Raises:
        EdgezooError: a file cannot be run.
    """

    def __init__(self, quantized, reference, pixels, image_size, pairs):
        runners = [
            TFLiteRunner(path, 1, image_size, taken, keep_tensors=True)
            for path, taken in zip((quantized, reference), pixels, strict=True)
        ]
        self._quantized, self._reference = runners
        graph = read_graph(quantized, graph_for(quantized, image_size))
        number, content = graph_for(reference, image_size), reference.read_bytes()
        content = with_first(content, number) if number else content
        self._layers = [_Layer(graph.tensors[one], other) for one, other in pairs]
        self._apart = _Apart(content, [other for _, other in pairs])
        # Where the two take other values for a pixel, one's input means nothing to the other.
        self._source = graph.tensors[graph.inputs[0]] if pixels[0] == pixels[1] else None
        self._reference_source = read_graph(content).inputs[0]

    def add(self, images):
        """Runs on raw pixels, uint8 [n, H, W, C]."""
        for image in images:
            for runner in (self._quantized, self._reference):
                runner.set_input(image)
                runner.invoke()
            stored = [self._quantized.tensor(layer.tensor.index) for layer in self._layers]
            received = [dequantized(layer.tensor, each) for layer, each in zip(self._layers, stored, strict=True)]
            apart = self._apart.run([self._taken(), *received])
            for layer, integers, values, own in zip(self._layers, stored, received, apart, strict=True):
                expected = self._reference.tensor(layer.reference)
                if not expected.size == own.size == values.size:
                    raise EdgezooError(f"{layer.tensor.name!r} has another shape in the other file.")
                layer.add(expected, own, values, integers)

    def _taken(self):
        if self._source is None:
            return self._reference.tensor(self._reference_source)
        return dequantized(self._source, self._quantized.tensor(self._source.index))

    def rows(self):
        """Of each layer ``_Layer.row``; an ``EdgezooError`` where the values of one are no numbers."""
        rows = [layer.row() for layer in self._layers]
        for layer, row in zip(self._layers, rows, strict=True):
            if not np.isfinite([row["error"]["rms"], row["own_error"]["rms"]]).all():
                raise EdgezooError(f"{layer.tensor.name!r} is NaN or infinite on these images.")
        return rows


class _Apart:
    """The operators of the float file, each on values from outside."""

    def __init__(self, content, tensors):
        graph = read_graph(content)
        self._interpreter = make_interpreter(fed(content, graph, tensors), delegate=False)
        self._shapes = [graph.tensors[index].shape for index in (*graph.inputs, *tensors)]
        self._is_ready = False

    def run(self, values):
        """Arrays for the inputs → list of the outputs, float32."""
        interpreter = self._interpreter
        sources = [each["index"] for each in interpreter.get_input_details()]
        # Sides of 1 may be elsewhere in the other file; where a size is open, the file declares none.
        values = [
            array.reshape(shape) if array.size == np.prod(shape) else array
            for array, shape in zip(values, self._shapes, strict=True)
        ]
        try:
            if not self._is_ready:
                for source, array in zip(sources, values, strict=True):
                    interpreter.resize_tensor_input(source, array.shape)
                interpreter.allocate_tensors()
                self._is_ready = True
            for source, array in zip(sources, values, strict=True):
                interpreter.set_tensor(source, array)
            interpreter.invoke()
            return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
        except (ValueError, RuntimeError) as error:
            raise EdgezooError(f"the float file's layers do not run apart: {one_line(error, 300)}") from error


class _Layer:
    """What is added up of one layer.

    Args:
        tensor: ``Tensor`` that it writes in the quantized file.
        reference: number of the one in the float file.
    """

    def __init__(self, tensor, reference):
        self.tensor, self.reference = tensor, reference
        self._error, self._own, self._channels, self._clipped = Noise(), Noise(), 0.0, 0
        self._step = tensor.scale[0] if len(tensor.scale) == 1 and tensor.dtype in ("int8", "uint8", "int16") else None
        if self._step:
            limits = np.iinfo(tensor.dtype)
            self._lowest = limits.min
            self._counts = np.zeros(limits.max - limits.min + 1, np.int64)
            ends = dequantized(tensor, np.array([limits.min, limits.max], tensor.dtype))
            # What is rounded to the last step is not clipped.
            self._ends = ends + np.array([-self._step, self._step]) / 2

    def add(self, reference, own, values, stored):
        """Adds one image: float network, float operator alone, quantized network, the same as it is stored."""
        self._error.add(reference, values)
        self._own.add(own, values)
        if reference.ndim > 1:
            self._channels = np.maximum(self._channels, np.abs(reference).reshape(-1, reference.shape[-1]).max(axis=0))
        if self._step:
            places = stored.ravel().astype(np.int32) - self._lowest
            self._counts += np.bincount(places, minlength=len(self._counts))
            self._clipped += int(np.sum((own < self._ends[0]) | (own > self._ends[1])))

    def row(self):
        """The measures: ``error`` and ``own_error`` (``Noise.row``), and what tells why.

        ``clipped`` is the share of the values of the layer alone that lie beyond what the type can hold, ``steps`` how
        many steps it has and ``steps_used`` in how many ``USUAL`` of the values lie; ``channels`` are the largest
        magnitudes of the channels (the last axis) in the float network.
        """
        row = {"error": self._error.row(), "own_error": self._own.row(), "channels": np.ravel(self._channels).tolist()}
        if not self._step:
            return {**row, "step": None, "clipped": None, "steps": None, "steps_used": None}
        below = np.cumsum(self._counts) / max(self._own.count, 1)
        low, high = np.searchsorted(below, [(1 - USUAL) / 2, (1 + USUAL) / 2])
        return {
            **row,
            "step": self._step,
            "clipped": self._clipped / max(self._own.count, 1),
            "steps": len(self._counts),
            "steps_used": int(high - low + 1),
        }
