"""A ``.tflite`` file in TensorFlow Lite Micro's interpreter."""

import functools

from ....common.errors import EdgezooError
from ....common.files import existing_file
from ....inspection.graph import read_graph
from ....inspection.tflite_pixels import tflite_pixels
from ....runtime.quantization import dequantize, quantize
from ....runtime.scores import class_scores
from ....runtime.shapes import single_image_shape
from .interpreter import Interpreter, runtime


class TFLMRunner:
    """Runs a file on raw pixels as ``runtime.runners`` says, in TFLM's reference kernels and in a child process.

    Args:
        path: the file.
        pixels: ``Pixels`` that it takes; ``None`` for what the file itself tells.

    Raises:
        EdgezooError: the file is damaged or no image classifier, TFLM does not run it or is not installed. Methods
            raise it, too.
    """

    def __init__(self, path, *, pixels=None):
        graph = read_graph(path)
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise EdgezooError(
                f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; one of each can be run."
            )
        self._path, self._graph, self._given, self._image = path, graph, pixels, None
        self._in, self._out = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
        # TFLM has no dynamic shapes: an open side is what the file has in its place.
        self.input_shape = single_image_shape(path, self._in.shape, None)
        self.delegated = {"operators": 0, "of": len(graph.operators)}
        self._interpreter = Interpreter(existing_file(path).read_bytes())
        self.runtime = runtime()
        try:
            self._ask(self._interpreter.allocate)
        except BaseException:
            self.close()
            raise

    @functools.cached_property
    def pixels(self):
        """``Pixels`` that the file takes."""
        return self._given or tflite_pixels(self._path)

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → scores, dequantized, float32 [n, classes], two for a single output."""
        outputs = self.outputs(self._tensors(images))
        scores = dequantize(outputs, *_quantization(self._out)).reshape(len(images), -1)
        return class_scores(scores, self._graph)

    def outputs(self, tensors):
        """What the file itself takes, [n, H, W, C], to what it gives, [n, *output], both in its own types."""
        return self._ask(self._interpreter.infer, tensors)

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        self._image = self._tensors(image[None])

    def invoke(self):
        """One inference, with the way to the child process and back."""
        self.outputs(self._image)

    def _tensors(self, images):
        try:
            return quantize(self.pixels.values(images), self._in.dtype, *_quantization(self._in))
        except ValueError as error:
            raise EdgezooError(f"{self._path} does not take pixels of {self.pixels.text}: {error}") from error

    def _ask(self, function, *arguments):
        try:
            return function(*arguments)
        except EdgezooError as error:
            raise EdgezooError(f"TFLM does not run {self._path}: {error}") from error

    def close(self):
        """Ends the child; safe to call again."""
        self._interpreter.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def _quantization(tensor):
    """``(scale, zero point)``; a scale of 0 where there is none."""
    return (tensor.scale[0], tensor.zero_point[0] if tensor.zero_point else 0) if tensor.scale else (0.0, 0)
