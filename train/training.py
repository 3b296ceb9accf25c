"""How a model is trained: by Keras, unless ``fit`` is given another way."""

from ..common.gpus import unseen
from ..common.progress import note
from . import network
from .execution import choose_execution
from .precision import choose_precision
from .teachers import SoftTargets
from .trainer import Trainer


class Training:
    """The usual way: all weights, by Keras, on all devices, in the recipe's precision.

    Another way is a subclass; ``fit`` gives all of them batches, checkpoints, validation, reports and resume.

    Attributes:
        identity: JSON-able dict, which is part of what makes a run this run and no other; ``RunFolder.open``.
        devices: replicas that train in step.
    """

    def __init__(self):
        self.identity = {}
        if missed := unseen():
            note(missed)
        self._strategy = network.strategy()
        self.devices = self._strategy.num_replicas_in_sync

    def precision(self, requested, speeds):
        """As ``choose_precision``."""
        return choose_precision(requested, speeds)

    def execution(self, trainer, dataset, recipe):
        """As ``choose_execution``."""
        return choose_execution(trainer, dataset, recipe, self.devices)

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
