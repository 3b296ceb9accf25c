"""A ``.tflite`` file in LiteRT's GPU delegate as a runner."""

import numpy as np

from ...common.errors import EdgezooError
from ...common.text import one_line
from ...inspection.files import TFLITE
from ..graph_runner import GraphRunner
from ..runtime import Runtime
from .delegate import delegated_to_gpu


class GPURunner(GraphRunner):
    """A ``.tflite`` file on the GPU; operators that the delegate refuses run on the CPU.

    Args:
        path, threads, image_size, pixels: see ``runners.load_runner``.

    Raises:
        EdgezooError: there is no Vulkan driver, or the file is damaged, no image classifier, or not run. Methods raise
            it, too.
    """

    def __init__(self, path, threads=None, image_size=None, pixels=None):
        super().__init__(path, image_size, pixels)
        self._shape = (1, *self.input_shape)
        try:
            is_open = self._shape != tuple(self.source.shape)
            self._model, verdict = delegated_to_gpu(self.content, self._shape if is_open else None)
            self._in, self._out = self._model.create_input_buffers(0), self._model.create_output_buffers(0)
        except (EdgezooError, RuntimeError) as error:
            raise EdgezooError(f"{path} does not run in the GPU delegate: {one_line(error, 400)}") from error
        operators = len(self.graph.operators)
        self.delegated = {"operators": operators if verdict.count is None else verdict.count, "of": operators}
        self.runtime = f"{RUNTIME.version}, GPU delegate on {verdict.adapter}"
        if verdict.count is not None:
            self.runtime += f" with {verdict.count} of {operators} operators"
        self.timing_note = None
        if verdict.is_software:
            self.timing_note = f"{verdict.adapter} renders on this machine's CPU, and its times say nothing of a GPU"

    def infer(self, tensors):
        """As :meth:`GraphRunner.infer`."""
        return np.stack([self._infer(tensor) for tensor in tensors])

    def _infer(self, tensor):
        try:
            self._in[0].write(np.ascontiguousarray(tensor))
            self._model.run_by_index(0, self._in, self._out)
            return self._out[0].read(int(np.prod(self.answer.shape)), np.dtype(self.answer.dtype))
        except (RuntimeError, ValueError) as error:
            raise EdgezooError(f"{self.path} fails in the GPU delegate: {one_line(error, 300)}") from error


RUNTIME = Runtime(
    "gpu",
    "LiteRT's GPU delegate on this machine's GPU, or on a renderer that stands in for one",
    files=(TFLITE,),
    module="ai_edge_litert.compiled_model",
    packages=("ai-edge-litert",),
    runner=GPURunner,
    has_threads=False,
)
