"""What trains, step by step, by Keras."""

from . import network
from .stream import training_batches


class Trainer:
    """A compiled copy of a model, to be used in a ``with``.

    Args:
        model: see ``network.trainer``.
    """

    def __init__(self, model):
        self._model = model

    @property
    def model(self):
        """What it was made with."""
        return self._model

    def batches(self, split, classes, recipe, *, first_epoch=0):
        """What ``fit`` takes; arguments as for ``stream.training_batches``."""
        return training_batches(split, classes, recipe, first_epoch=first_epoch)

    def fit(self, batches, **options):
        """As ``keras.Model.fit``: calls back after each step with ``loss`` and ``accuracy``, and after each epoch."""
        self._model.fit(batches, **options)

    def state(self):
        """All that training changes, as arrays: see ``network.state``."""
        return network.state(self._model)

    def restore(self, arrays):
        """Sets what ``state`` gave, bit for bit."""
        network.restore(self._model, arrays)

    def weights(self):
        """Those of the model that is saved, as ``get_weights()``: averaged if the optimizer keeps averages."""
        return network.averaged_weights(self._model)

    def learning_rate(self):
        """Of the step that comes next."""
        return float(self._model.optimizer.learning_rate)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        """Nothing is left of it to end."""
