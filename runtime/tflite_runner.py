"""A ``.tflite`` file as a runner."""

import functools

import numpy as np

from ..common.errors import EdgezooError
from ..common.quiet import quiet_stderr
from ..common.text import one_line
from ..inspection.files import TFLITE
from ..inspection.graph import read_graph
from ..inspection.interpreter import make_interpreter
from ..inspection.sizes import graph_for
from ..inspection.tflite_pixels import tflite_pixels
from .partition import delegated_share
from .quantization import dequantize, quantize
from .runtime import Runtime
from .scores import class_scores
from .shapes import single_image_shape


class TFLiteRunner:
    """A ``.tflite`` file in LiteRT's interpreter, with its default delegate (XNNPACK) unless it keeps all tensors.

    Args:
        path, threads, image_size, pixels: see ``runners.load_runner``.
        keep_tensors: whether ``tensor`` can be asked afterwards.
    """

    timing_note = None

    def __init__(self, path, threads=None, image_size=None, pixels=None, keep_tensors=False):
        self._path, self._given = path, pixels
        self.runtime = RUNTIME.version
        with quiet_stderr():
            try:
                self._interpreter = interpreter = make_interpreter(
                    path,
                    graph=graph_for(path, image_size),
                    threads=threads,
                    delegate=not keep_tensors,
                    keep_tensors=keep_tensors,
                )
            except ValueError as error:
                raise EdgezooError(f"{path} is damaged or not a .tflite file ({one_line(error, 300)}).") from error
            inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
            if len(inputs) != 1 or len(outputs) != 1:
                raise EdgezooError(
                    f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; one of each can be measured."
                )
            self._in, self._out = inputs[0], outputs[0]
            # shape_signature has -1 where a side is open; files without one declare a plain shape.
            declared = self._in["shape_signature"]
            self.input_shape = single_image_shape(path, declared if len(declared) else self._in["shape"], image_size)
            try:
                if tuple(self._in["shape"]) != (1, *self.input_shape):
                    interpreter.resize_tensor_input(self._in["index"], (1, *self.input_shape))
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise EdgezooError(f"the runtime here cannot run {path}: {one_line(error, 300)}") from error

    @functools.cached_property
    def pixels(self):
        """``Pixels`` that the file takes."""
        return self._given or tflite_pixels(self._path)

    @property
    def delegated(self):
        """``{"operators": N, "of": M}``: how many of the file's operators the delegate runs."""
        return delegated_share(self._interpreter._get_ops_details())

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → scores, dequantized, float32 [n, classes].

        Of a file with one output there are two, as of a Keras model (``zoo.classifier``).
        """
        scores = []
        for image in images:
            self.set_input(image)
            self.invoke()
            output = self._interpreter.get_tensor(self._out["index"])
            scores.append(dequantize(output, *self._out["quantization"]).reshape(-1))
        scores = np.stack(scores)
        return class_scores(scores, read_graph(self._path)) if scores.shape[1] == 1 else scores

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        try:
            tensor = quantize(self.pixels.values(image[None]), self._in["dtype"], *self._in["quantization"])
            self._interpreter.set_tensor(self._in["index"], tensor)
        except ValueError as error:
            raise EdgezooError(f"{self._path} does not take pixels of {self.pixels.text}: {error}") from error

    def invoke(self):
        """One inference, from the input tensor to the output tensor."""
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise EdgezooError(f"{self._path} fails while running: {one_line(error, 300)}") from error

    def tensor(self, index):
        """The values of a tensor of the file after :meth:`invoke`, as they are stored; needs ``keep_tensors``."""
        try:
            return self._interpreter.get_tensor(index)
        except ValueError as error:
            raise EdgezooError(f"{self._path}: tensor {index} cannot be read: {one_line(error, 300)}") from error


RUNTIME = Runtime(
    "litert",
    "LiteRT on the CPU, with XNNPACK",
    files=(TFLITE,),
    module="ai_edge_litert.interpreter",
    packages=("ai-edge-litert",),
    runner=TFLiteRunner,
)
