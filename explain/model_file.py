"""A model file, ``.keras`` or ``.tflite``, as what the explanations need of it."""

import functools
import re
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..inspection import read_graph
from ..inspection.files import KERAS, TFLITE, kind_of
from ..runtime import Worker, dequantize
from ..zoo import load_model


class KerasFile:
    """A ``.keras`` file.

    Attributes:
        path: the file.
        model: ``keras.Model``.
        input_shape: (H, W, C), ``None`` for an open side.
        has_gradients: whether ``with_logits`` can be had.
    """

    has_gradients = True

    def __init__(self, path):
        self.path, self.model = path, load_model(path)
        if len(self.model.inputs) != 1 or len(self.model.inputs[0].shape) != 4 or len(self.model.outputs) != 1:
            raise EdgezooError(f"{path} is no image classifier: one image in and one answer out are needed.")
        self.input_shape = tuple(self.model.inputs[0].shape[1:])

    def predict(self, images):
        """Raw pixels [n, H, W, C] → float32 [n, classes]; 64 at a time, for the memory's sake."""
        answers = [
            np.asarray(self.model(batch.astype(np.float32), training=False))
            for batch in np.array_split(images, -(-len(images) // 64))
        ]
        return np.concatenate(answers).reshape(len(images), -1).astype(np.float32)

    def with_logits(self):
        """A copy of the model that ends in logits, whose gradients do not vanish where those of probabilities do."""
        from ..zoo.surgery import with_logits

        return with_logits(self.model)


class TFLiteFile:
    """A ``.tflite`` file, run in a child process, which it may end.

    Attributes:
        path: the file.
        graph: ``inspection.graph.Graph``.
        input_shape: (H, W, C), ``None`` for an open side.
        has_gradients: false.
    """

    has_gradients = False

    def __init__(self, path):
        self.path, self.graph = path, read_graph(path)
        shape = self.graph.tensors[self.graph.inputs[0]].shape_signature if self.graph.inputs else ()
        if len(shape) != 4:
            raise EdgezooError(f"{path} is no image classifier: its input is no [1, H, W, C].")
        self.input_shape = tuple(None if side == -1 else side for side in shape[1:])

    def worker(self, image_size, **options):
        """The child, to be used in a ``with``."""
        return Worker(self.path, image_size=image_size, **options)

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → float32 [n, classes]."""
        with self.worker(images.shape[1:3]) as worker:
            return worker.predict(images)

    def dequantized(self, index, stored):
        """The values of a tensor, as they are stored, as float32; scale and zero point may be one a channel."""
        tensor = self.graph.tensors[index]
        scales, zero_points = tensor.scale or (0.0,), tensor.zero_point or (0,)
        if len(scales) == 1:
            return dequantize(stored, scales[0], zero_points[0])
        channels = zip(np.moveaxis(stored, tensor.quantized_dimension, 0), scales, zero_points, strict=True)
        return np.stack([dequantize(*channel) for channel in channels], tensor.quantized_dimension)

    @functools.cached_property
    def layer_names(self):
        """Tensor → name of the layer that it comes from, for all that operators write, in file order.

        The converter joins the names of operations that it fused, the last one first: ``net/relu/Relu;net/conv/…``.
        """
        return {index: self.layer_of(name.split(";")[0].split("/")) for index, name in self._written.items()}

    @functools.cached_property
    def _written(self):
        tensors = (operator.outputs[0] for operator in self.graph.operators)
        return {index: self.graph.tensors[index].name for index in tensors}

    @functools.cached_property
    def _is_numbered(self):
        """Whether all layers have the number 1 behind their names, as they get it from an export."""
        scoped = [parts[1] for parts in (name.split("/") for name in self._written.values()) if len(parts) > 2]
        return all(name.endswith("_1") for name in scoped)

    def layer_of(self, parts):
        """The layer's name in ``model/layer/…/operation``; one inside a nested model counts as that model."""
        if len(parts) < 3:
            return "/".join(parts)
        return parts[1].removesuffix("_1") if self._is_numbered else parts[1]

    def is_whole(self, tensor):
        """Whether a tensor holds what its layer puts out, not a step inside it that a later operator completes."""
        layer = self.layer_names[tensor]
        mentions = re.compile(rf"/{re.escape(layer)}(_1)?/")
        later = [index for index in self.layer_names if index > tensor]
        return not any(mentions.search(self.graph.tensors[index].name) for index in later)


def open_model(path):
    """``KerasFile`` or ``TFLiteFile`` of a path; an ``EdgezooError`` says what is wrong with it."""
    return {KERAS: KerasFile, TFLITE: TFLiteFile}[kind_of(path)](Path(path))
