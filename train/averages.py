"""The averages that batch normalization uses in place of a batch's statistics once a network is trained."""

import keras
import numpy as np

from ..common.progress import note
from ..zoo.copying import clone, copied
from .checkpoint import deciding
from .stream import batch_size_for, plain_images, steps_per_epoch

#: Images that averages are estimated on.
_IMAGES = 1024
#: By how much the accuracy in training must be above that in use for the averages to be suspected.
_FAR = 0.1


def normalizations(model):
    """The layers of batch normalization that take each batch's statistics in training: those that are not frozen."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]


def set_momentum(model, momentum):
    """Lets all averages of a model move by ``1 - momentum`` a step."""
    for layer in normalizations(model):
        layer.momentum = momentum


class Averages:
    """Estimates averages anew where those that move along with a training cannot follow it.

    A moving average of momentum m has moved by 1 - m^k in k steps: with Keras' 0.99, by a fifth in 20. A network that
    has learned well in as few then normalizes by what its weights of long ago gave, and answers at chance. So where an
    epoch moves averages by less than half and the accuracy is far lower than in training, mean and variance of the
    batches of some training images take their place («precise batch normalization», Wu & Johnson 2021, «Rethinking
    "Batch" in BatchNorm»), if that is more accurate on the validation images. The training itself goes on untouched.

    Args:
        form: ``Classifier``, the model.
        split: ``Split`` to train on.
        recipe: ``Recipe``.
    """

    def __init__(self, form, split, recipe):
        self._form, self._split, self._batch_size = form, split, batch_size_for(split, recipe)
        momenta = [recipe.batch_norm_momentum or layer.momentum for layer in normalizations(form.model)]
        self._momentum, steps = max(momenta, default=0), steps_per_epoch(split, recipe)
        self._lag, self._told = self._momentum**steps > 0.5, False

    def mended(self, artifact, weights, accuracy, validate):
        """What an epoch's model is to be.

        Args:
            artifact: copy of the model, which gets the weights.
            weights: ``get_weights()`` as they come out of the training.
            accuracy: of the epoch, in training.
            validate: function from weights to the dict of their ``"val_loss"`` and ``"val_accuracy"``; gives them to
                ``artifact``.

        Returns:
            ``(weights, validation)``; where averages lag, ``"averages"`` in the latter says which they are,
            ``"moving"`` or ``"estimated"``.
        """
        moving = validate(weights)
        if not self._lag:
            return weights, moving
        if accuracy - moving["val_accuracy"] > _FAR:
            weights_estimated = self._estimated(artifact)
            estimated = validate(weights_estimated)
            if deciding(estimated) > deciding(moving):
                self._tell(moving["val_accuracy"], estimated["val_accuracy"])
                return weights_estimated, {**estimated, "averages": "estimated"}
        return weights, {**moving, "averages": "moving"}

    def _tell(self, before, after):
        if not self._told:
            advice = "; a batch_norm_momentum of 0.9 in the recipe lets them follow" if self._momentum > 0.9 else ""
            note(
                f"batch normalization: averages of momentum {self._momentum:g} lag behind so few steps, so they are "
                f"estimated anew on training images (validation accuracy {after:.4f}, not {before:.4f}){advice}"
            )
        self._told = True

    def _estimated(self, artifact):
        """The artifact's weights with averages of training images, which are not augmented."""
        measuring = clone(artifact, _measuring)
        predict, layers = self._form.around(measuring), normalizations(measuring)
        for number, images in enumerate(self._batches()):
            for layer in layers:
                layer.momentum = number / (number + 1)  # the mean of all batches so far
            predict(images, training=False)
        return measuring.get_weights()

    def _batches(self):
        """Whole batches of a fixed random choice of images in random order: those of a folder are sorted by class."""
        order = np.random.default_rng(0).permutation(len(self._split))
        count = min(max(_IMAGES, self._batch_size), len(order)) // self._batch_size * self._batch_size
        return plain_images(self._split.subset(order[:count]), self._batch_size)


class _MeasuringBatchNormalization(keras.layers.BatchNormalization):
    """Takes each batch's statistics even if the rest of the network, such as dropout, works as in use."""

    def call(self, inputs, training=None, mask=None):
        """As Keras' layer in training."""
        return super().call(inputs, training=True, mask=mask)


def _measuring(operation):
    if type(operation) is keras.layers.BatchNormalization:
        return _MeasuringBatchNormalization.from_config(operation.get_config())
    return copied(operation)
