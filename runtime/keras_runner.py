"""A Keras model as a runner."""

import functools
import math

import numpy as np

from ..common.quiet import import_tensorflow, quiet_stderr
from ..inspection.files import KERAS
from ..inspection.keras_pixels import keras_pixels
from ..zoo.calling import calling
from ..zoo.loading import load_model
from .runtime import Runtime
from .shapes import single_image_shape

#: Of a call: the first layers make several numbers of each.
_MOST_PIXELS = 1 << 24


class KerasRunner:
    """A Keras model compiled by ``tf.function`` (without XLA), so that no time goes into Python layer calls.

    Args:
        path, threads, image_size, pixels: see ``runners.load_runner``.
    """

    delegated = timing_note = None

    def __init__(self, path, threads=None, image_size=None, pixels=None):
        self._tf = tf = import_tensorflow()
        from ..zoo.classifier import classifier

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        self.runtime = RUNTIME.version
        with quiet_stderr():
            self._model = model = classifier(load_model(path), path)
        self.input_shape = single_image_shape(path, (None, *model.input_shape), image_size)
        self._call = tf.function(
            lambda images: model(images),
            input_signature=[tf.TensorSpec([None, *self.input_shape], tf.float32)],
            # As in Keras' own predict: nothing is rewritten, which would leave files behind where a process is ended.
            autograph=False,
        )
        self._path, self._given, self._input = path, pixels, None

    @functools.cached_property
    def pixels(self):
        """``Pixels`` that the model takes."""
        return self._given or keras_pixels(self._model.model)

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → scores, float32 [n, classes] (see ``zoo.classifier``)."""
        at_once = max(_MOST_PIXELS // math.prod(self.input_shape), 1)
        with calling(self._path):
            parts = [images[start : start + at_once] for start in range(0, len(images), at_once)]
            return np.concatenate([self._call(self._values(part)).numpy() for part in parts])

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        self._input = self._values(image[None])

    def _values(self, images):
        return self._tf.constant(self.pixels.values(images), self._tf.float32)

    def invoke(self):
        """One inference, from a tensor to a NumPy array."""
        with calling(self._path):
            self._call(self._input).numpy()


RUNTIME = Runtime(
    "keras",
    "Keras on TensorFlow",
    files=(KERAS,),
    module="keras",
    packages=("keras", "tensorflow"),
    runner=KerasRunner,
)
