"""A ``.tflite`` file in TensorFlow Lite Micro as a runner."""

import functools

from ...common.errors import EdgezooError
from ...common.files import existing_file
from ...inspection.files import TFLITE
from ...inspection.graph import read_graph
from ...inspection.tflite_pixels import tflite_pixels
from ..quantization import dequantize, quantization_of, quantize
from ..runtime import Runtime
from ..scores import class_scores
from ..shapes import single_image_shape
from .kernels import kernels_missing
from .model import Model


class TFLMRunner:
    """A ``.tflite`` file in TFLM's reference kernels, in this process.

    Args:
        path, threads, image_size, pixels: see ``runners.load_runner``. TFLM has one thread and one size.

    Raises:
        EdgezooError: the file is damaged or no image classifier, or TFLM does not run it. Methods raise it, too.
    """

    timing_note = "these are times of TFLM's reference kernels on this machine, and say nothing of a microcontroller"

    def __init__(self, path, threads=None, image_size=None, pixels=None):
        self._path, self._graph, self._given = path, read_graph(path), pixels
        self.runtime = RUNTIME.version
        graph, self._image = self._graph, None
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            raise EdgezooError(
                f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; one of each can be run."
            )
        missing = kernels_missing(graph)
        if missing:
            raise EdgezooError(f"TFLM does not run {path}: it has no kernel for {', '.join(missing)}.")
        self._in, self._out = graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]
        # TFLM has no dynamic shapes: an open side is what the file has in its place.
        self.input_shape = single_image_shape(path, self._in.shape, None)
        self.delegated = {"operators": 0, "of": len(graph.operators)}
        self._model = Model(existing_file(path).read_bytes())
        self._ask(self._model.allocate)

    @functools.cached_property
    def pixels(self):
        """``Pixels`` that the file takes."""
        return self._given or tflite_pixels(self._path)

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → scores, dequantized, float32 [n, classes], two for a single output."""
        outputs = self._ask(self._model.infer, self._tensors(images))
        scores = dequantize(outputs, *quantization_of(self._out)).reshape(len(images), -1)
        return class_scores(scores, self._graph)

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        self._image = self._tensors(image[None])

    def invoke(self):
        """One inference, with the copies of input and output."""
        self._ask(self._model.infer, self._image)

    def _tensors(self, images):
        try:
            return quantize(self.pixels.values(images), self._in.dtype, *quantization_of(self._in))
        except ValueError as error:
            raise EdgezooError(f"{self._path} does not take pixels of {self.pixels.text}: {error}") from error

    def _ask(self, function, *arguments):
        try:
            return function(*arguments)
        except EdgezooError as error:
            raise EdgezooError(f"TFLM does not run {self._path}: {error}") from error


RUNTIME = Runtime(
    "tflm",
    "TensorFlow Lite Micro's reference kernels",
    files=(TFLITE,),
    module="tflite_micro",
    packages=("tflite-micro",),
    runner=TFLMRunner,
    how="pip install 'edgezoo[tflm]'",
    has_threads=False,
)
