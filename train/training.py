"""How a model is trained: by Keras, unless ``fit`` is given another way."""

from . import network
from .precision import choose_precision
from .teachers import SoftTargets


class Training:
    """The usual way: all weights, by Keras, on all devices, in the recipe's precision.

    Another way is a subclass; ``fit`` gives all of them batches, checkpoints, validation, reports and resume.

    Attributes:
        identity: JSON-able dict, which is part of what makes a run this run and no other; ``RunFolder.open``.
        devices: replicas that train in step.
    """

    def __init__(self):
        self.identity = {}
        self._strategy = network.strategy()
        self.devices = self._strategy.num_replicas_in_sync

    def precision(self, requested, speeds):
        """As ``choose_precision``."""
        return choose_precision(requested, speeds)

    def counts(self, epoch, epochs):
        """What a row of the history says of whether its model may be the best, where that is not so of every epoch.

        Args:
            epoch: that was finished, counted from 1.
            epochs: of the whole training.

        Returns:
            ``{}``, or ``{"counts": bool}``.
        """
        return {}

    def trainer(self, form, policy, recipe, steps, teachers=(), class_weights=None):
        """What trains.

        Args:
            form: ``Classifier``, the model.
            policy: dtype policy to compute in.
            recipe: ``Recipe``.
            steps: of the whole training.
            teachers: ``Teacher`` objects that it learns from besides labels.
            class_weights: what images of each class count in the loss, as ``balancing.class_weights`` gives them.

        Returns:
            ``Trainer``.
        """
        with self._strategy.scope():
            soft_targets = SoftTargets(teachers, recipe.temperature, policy) if teachers else None
            options = {"soft_targets": soft_targets, "class_weights": class_weights}
            return Trainer(network.trainer(form, policy, recipe, steps=steps, **options))


class Trainer:
    """A compiled copy of a model, to be used in a ``with``.

    Args:
        model: see ``network.trainer``.
    """

    def __init__(self, model):
        self._model = model

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
