"""What runners of ``.tflite`` files share where the runtime takes and gives bare tensors."""

import functools

from ..common.errors import EdgezooError
from ..common.files import existing_file
from ..inspection.graph import read_graph
from ..inspection.sizes import graph_for, with_first
from ..inspection.tflite_pixels import tflite_pixels
from .quantization import dequantize, quantization_of, quantize
from .scores import class_scores
from .shapes import single_image_shape


class GraphRunner:
    """A ``.tflite`` file of one input and one output; what is derived from it has :meth:`infer`.

    Args:
        path, image_size, pixels: see ``runners.load_runner``.

    Attributes:
        content: of the file, ``bytes``; the graph that is run is the first.
        graph: that one, ``inspection.graph.Graph``.

    Raises:
        EdgezooError: the file is damaged or no image classifier. Methods raise it, too.
    """

    def __init__(self, path, image_size=None, pixels=None):
        self.path, self._given, self._image = path, pixels, None
        self.content, self.graph = existing_file(path).read_bytes(), read_graph(path)
        number = graph_for(path, image_size)
        if number:
            self.content = with_first(self.content, number)
            self.graph = read_graph(self.content)
        inputs, outputs = self.graph.inputs, self.graph.outputs
        if len(inputs) != 1 or len(outputs) != 1:
            raise EdgezooError(f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; one of each can be run.")
        self.source, self.answer = self.graph.tensors[inputs[0]], self.graph.tensors[outputs[0]]
        self.input_shape = single_image_shape(path, self.source.shape_signature or self.source.shape, image_size)

    def infer(self, tensors):
        """What the file itself takes, [n, H, W, C], to what it gives, [n, *output], both in its own types."""
        raise NotImplementedError

    @functools.cached_property
    def pixels(self):
        """``Pixels`` that the file takes."""
        return self._given or tflite_pixels(self.path)

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → scores, dequantized, float32 [n, classes], two for a single output."""
        outputs = self.infer(self._tensors(images))
        scores = dequantize(outputs, *quantization_of(self.answer)).reshape(len(images), -1)
        return class_scores(scores, self.graph)

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        self._image = self._tensors(image[None])

    def invoke(self):
        """One inference, with the copies of input and output."""
        self.infer(self._image)

    def _tensors(self, images):
        try:
            return quantize(self.pixels.values(images), self.source.dtype, *quantization_of(self.source))
        except ValueError as error:
            raise EdgezooError(f"{self.path} does not take pixels of {self.pixels.text}: {error}") from error
