"""A model file, ``.keras`` or ``.tflite``, as what the explanations need of it."""

import functools
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..export.identity import tag_of
from ..export.pixels import pixels_of
from ..inspection import read_graph
from ..inspection.files import KERAS, kind_of
from ..inspection.scopes import Scopes
from ..inspection.sizes import graph_for
from ..runtime import Worker
from ..zoo import load_model
from ..zoo.calling import try_call


class KerasFile:
    """A ``.keras`` file.

    Attributes:
        path: the file.
        classifier: ``zoo.classifier.Classifier``, which everything that is asked goes through.
        pixels: ``inspection.pixels.Pixels`` that it takes.
        input_shape: (H, W, C), ``None`` for an open side.
        has_gradients: whether ``logits`` can be had.
    """

    has_gradients = True

    def __init__(self, path, pixels=None):
        model = load_model(path)  # which imports Keras without its noise
        from ..inspection.keras_pixels import keras_pixels
        from ..zoo.classifier import classifier

        self.path, self.classifier = path, classifier(model, path)
        try_call(model, path)
        self.input_shape, self.pixels = self.classifier.input_shape, pixels or keras_pixels(model)
        self.pixels.require_channels(self.input_shape[2])

    def predict(self, images):
        """Raw pixels [n, H, W, C] → float32 [n, classes]; 64 at a time, for the memory's sake."""
        batches = np.array_split(images, -(-len(images) // 64))
        return np.concatenate(
            [np.asarray(self.classifier(self.pixels.values(batch).astype(np.float32))) for batch in batches]
        )

    def plain(self, **options):
        """``zoo.flattening.Flat`` that takes raw pixels as float32; options as for ``Classifier.plain``."""
        import keras

        front = None
        if not self.pixels.is_raw:
            scale, offset = self.pixels.affine
            front = keras.layers.Rescaling(scale, offset, name="pixels", dtype="float32")
        return self.classifier.plain(front=front, **options)

    def logits(self):
        """The same for gradients: it ends in logits, whose gradients do not vanish, and computes in float32."""
        return self.plain(logits=True, policy="float32")


class TFLiteFile:
    """A ``.tflite`` file, run in a child process, which it may end.

    Attributes:
        path: the file.
        graph: ``inspection.graph.Graph``; of a file for several sizes, that for ``image_size`` or the nearest to it.
        pixels: ``inspection.pixels.Pixels`` that it takes.
        input_shape: (H, W, C), ``None`` for an open side.
        has_gradients: false.
    """

    has_gradients = False

    def __init__(self, path, pixels, image_size=None):
        self.path, self.graph, self.pixels = path, read_graph(path, graph_for(path, image_size)), pixels
        shape = self.graph.tensors[self.graph.inputs[0]].shape_signature if self.graph.inputs else ()
        if len(shape) != 4:
            raise EdgezooError(f"{path} is no image classifier: its input is no [1, H, W, C].")
        self.input_shape = tuple(None if side == -1 else side for side in shape[1:])

    def worker(self, image_size, **options):
        """The child, to be used in a ``with``."""
        return Worker(self.path, image_size=image_size, pixels=self.pixels, **options)

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → float32 [n, classes]."""
        with self.worker(images.shape[1:3]) as worker:
            return worker.predict(images)

    @functools.cached_property
    def layer_names(self):
        """Tensor → name of the layer that it comes from (see ``Scopes``), for all that operators write, in order."""
        return {index: self.layer_of(name.split(";")[0]) for index, name in self._written.items()}

    def layer_of(self, operation):
        """Name of the layer of an operation that a tensor's name mentions."""
        return self._scopes.layer(operation)

    @functools.cached_property
    def _written(self):
        tensors = (operator.outputs[0] for operator in self.graph.operators)
        return {index: self.graph.tensors[index].name for index in tensors}

    @functools.cached_property
    def _scopes(self):
        return Scopes(self._written.values(), numbered=tag_of(self.path) is not None)

    def is_whole(self, tensor):
        """Whether a tensor holds what its layer puts out, not a step inside it that a later operator completes."""
        last = self._written[tensor].split(";")[0]
        later = (name.split(";") for index, name in self._written.items() if index > tensor)
        return not any(self._scopes.belongs(operation, last) for names in later for operation in names)


def open_model(path, given=None, guess=False, image_size=None):
    """``KerasFile`` or ``TFLiteFile`` of a path; an ``EdgezooError`` says what is wrong with it.

    Args:
        path, given, guess: as for ``export.pixels.pixels_of``.
        image_size: (height, width), which a file for several sizes is wanted for; ``None`` is its first.
    """
    path, pixels = Path(path), pixels_of(path, given, guess)
    return KerasFile(path, pixels) if kind_of(path) == KERAS else TFLiteFile(path, pixels, image_size)
