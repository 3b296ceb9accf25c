"""What only Keras 2 itself can do, reading a SavedModel and running an old model: tf-keras in a child process.

A SavedModel executes a graph when it is loaded, and TensorFlow cannot be used by both versions of Keras at once.
"""

import importlib.util
import os

from ...common import child
from ...common.child import Child, ChildDied
from ...common.errors import EdgezooError

#: Times ``child.PATIENCE`` that a step may take: importing TensorFlow is part of one, making all layers of another.
_STEPS = 5


def is_installed():
    """Whether tf-keras is there."""
    return importlib.util.find_spec("tf_keras") is not None


class TfKerasProcess(Child):
    """A child process that has tf-keras; to be used in a ``with``.

    Args:
        module: full name of the module that is run.
        purpose: what for, the beginning of the message where tf-keras is not installed.

    Raises:
        EdgezooError: from here and from every method, if tf-keras is not installed or cannot do it.
    """

    def __init__(self, module, purpose):
        if not is_installed():
            raise EdgezooError(f"{purpose}; pip install 'edgezoo[compress]' brings tf-keras")
        super().__init__(module)

    def _ask(self, message, array=None):
        try:
            return self.ask(message, array, _STEPS * child.PATIENCE)
        except ChildDied as death:
            raise EdgezooError(f"tf-keras {death}") from death


class TfKeras(TfKerasProcess):
    """A child process for one file.

    Args:
        path: ``.keras`` or ``.h5`` file whose configuration is known to hold no code, or a SavedModel's folder.
    """

    def __init__(self, path):
        super().__init__(f"{__package__}.child_process", "only Keras 2 itself can read it")
        self._path = os.path.abspath(path)

    def facts(self):
        """What a SavedModel says of itself, not being loaded: see ``child_process.saved_model_facts``."""
        return self._ask({"do": "facts", "path": self._path})[0]

    def load(self, weights):
        """Loads the model, for the methods below.

        Args:
            weights: bytes of its network's; the child gets memory in proportion to them, whatever the file claims.
        """
        self._ask({"do": "load", "path": self._path, "weights": weights})

    def save_weights(self, path):
        """Writes the weights to ``path``, ``NAME.h5``, under the layers' names."""
        self._ask({"do": "save_weights", "path": os.path.abspath(path)})

    def predict(self, inputs):
        """The model's outputs for one input, float32 [n, …] → float32 [n, values of all outputs]."""
        return self._ask({"do": "predict"}, inputs)[1]
