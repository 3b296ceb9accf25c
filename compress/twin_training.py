"""A stage of a compression as a way of training: ``fit`` gives batches, and the twin takes the steps."""

import keras
import numpy as np
import tensorflow as tf

from ..common.errors import EdgezooError
from ..train.execution import STEPS, Execution
from ..train.network import copy_of
from ..train.precision import Precision
from ..train.teachers import SoftTargets
from ..train.trainer import Trainer
from ..train.training import Training
from .stages import PRUNED_AFTER
from .twin import Twin

#: Training images of which the first ranges are taken.
_CALIBRATING = 256


class TwinTraining(Training):
    """Trains the twin of a network, in one stage of a compression.

    Args:
        network: functional ``keras.Model`` that has the twin; what ``fit`` is given has the same layers, and ranges.
        stage: ``Stage``.
        settings: ``Settings``.
        split: ``Split`` to train on.
        source_sha256: of the file that is compressed.
        write: function from a ``Twin`` in training, and a model as ``fit`` is given, which gets what was trained.
    """

    devices = 1

    def __init__(self, network, stage, settings, split, source_sha256, write):
        self._network, self._stage, self._settings, self._split = network, stage, settings, split
        self._write = write
        self.identity = {
            "compression": {"stage": stage.name, **settings.told_of(stage), "of_sha256": source_sha256},
        }

    def precision(self, requested, speeds):
        """float32."""
        if requested not in ("auto", "float32"):
            raise EdgezooError(
                f"compression trains in float32; set the recipe's precision to that. Received: {requested}"
            )
        return Precision("float32", "compression trains a twin in Keras 2, in float32")

    def execution(self, trainer, dataset, recipe):
        """Step by step."""
        return Execution(STEPS, "compression trains a twin in Keras 2"), trainer

    def counts(self, epoch, epochs):
        """A network that is being pruned counts once all zeros are there that it is to have."""
        return {"counts": epoch > epochs * PRUNED_AFTER} if self._stage.name == "prune" else {}

    def trainer(self, form, policy, recipe, steps, teachers=(), class_weights=None):
        """See ``Training.trainer``."""
        if recipe.optimizer == "muon":
            raise EdgezooError("compression trains in Keras 2, which has no Muon; take the optimizer adamw.")
        if recipe.ema and "cluster" in (self._stage.name, *self._stage.preserve):
            raise EdgezooError("averaged weights lie between clusters; set the recipe's ema to 0 to cluster.")
        twin = Twin(self._network)
        try:
            ranges = twin.ranges(self._some_images(recipe.seed)) if self._stage.name == "qat" else {}
            twin.begin(
                self._stage,
                self._settings,
                recipe,
                steps,
                ranges=ranges,
                from_logits=not form.gives_probabilities,
                one_output=form.has_one_output,
                taught=bool(teachers),
                class_weights=class_weights,
            )
        except BaseException:
            twin.close()
            raise
        soft_targets = SoftTargets(teachers, recipe.temperature) if teachers else None
        return _TwinTrainer(twin, copy_of(form.origin, "float32"), self._write, soft_targets)

    def _some_images(self, seed):
        count = min(_CALIBRATING, len(self._split))
        indices = np.random.default_rng(seed).choice(len(self._split), count, replace=False)
        return self._split.read(np.sort(indices)).astype("float32")


class _TwinTrainer(Trainer):
    """See ``Trainer``."""

    def __init__(self, twin, artifact, write, soft_targets):
        self._twin, self._artifact, self._write = twin, artifact, write
        self._beside = soft_targets and tf.function(soft_targets.beside, reduce_retracing=True)

    def fit(self, batches, *, steps_per_epoch, initial_epoch, epochs, callbacks, **options):
        """As ``keras.Model.fit``."""
        calls = keras.callbacks.CallbackList(callbacks, epochs=epochs, steps=steps_per_epoch)
        batches = iter(batches)
        calls.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            calls.on_epoch_begin(epoch)
            sums = np.zeros(2)
            for step in range(steps_per_epoch):
                images, targets = next(batches)
                if self._beside:
                    targets = self._beside(targets, images)
                sums += self._twin.step(images.numpy(), targets.numpy())
                logs = dict(zip(("loss", "accuracy"), (sums / (step + 1)).tolist(), strict=True))
                calls.on_train_batch_end(step, logs)
            calls.on_epoch_end(epoch, logs)
        calls.on_train_end()

    def state(self):
        """All that training changes, as arrays."""
        return self._twin.state()

    def restore(self, arrays):
        """Sets what ``state`` gave, bit for bit."""
        self._twin.restore(arrays)

    def weights(self):
        """Those of the model that is saved."""
        self._write(self._twin, self._artifact)
        return self._artifact.get_weights()

    def learning_rate(self):
        """Of the step that comes next."""
        return self._twin.facts()["learning_rate"]

    def __exit__(self, *exception):
        self._twin.close()
