"""A ``.tflite`` file in TensorFlow Lite Micro as a runner."""

from ...common.errors import EdgezooError
from ...inspection.files import TFLITE
from ..graph_runner import GraphRunner
from ..runtime import Runtime
from .kernels import kernels_missing
from .model import Model


class TFLMRunner(GraphRunner):
    """A ``.tflite`` file in TFLM's reference kernels, in this process.

    Args:
        path, threads, image_size, pixels: see ``runners.load_runner``. TFLM has one thread.

    Raises:
        EdgezooError: the file is damaged or no image classifier, or TFLM does not run it. Methods raise it, too.
    """

    timing_note = "these are times of TFLM's reference kernels on this machine, and say nothing of a microcontroller"

    def __init__(self, path, threads=None, image_size=None, pixels=None):
        super().__init__(path, image_size, pixels)
        missing = kernels_missing(self.graph)
        if missing:
            raise EdgezooError(f"TFLM does not run {path}: it has no kernel for {', '.join(missing)}.")
        self.runtime, self.delegated = RUNTIME.version, {"operators": 0, "of": len(self.graph.operators)}
        if self.input_shape != self.source.shape[1:]:
            raise EdgezooError(f"TFLM does not run {path}: it has no dynamic shapes; export it with --input-size.")
        self._model = Model(self.content)
        self._ask(self._model.allocate)

    def infer(self, tensors):
        """As :meth:`GraphRunner.infer`."""
        return self._ask(self._model.infer, tensors)

    def _ask(self, function, *arguments):
        try:
            return function(*arguments)
        except EdgezooError as error:
            raise EdgezooError(f"TFLM does not run {self.path}: {error}") from error


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
