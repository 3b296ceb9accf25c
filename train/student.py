"""A model that learns from teachers while it is trained."""

import keras


class Student(keras.Model):
    """A functional model that is trained on the labels and on what teachers answer for the very same images.

    Compiled with ``distillation_loss``. The teachers run inside the step, on its device, and are no part of the model.

    Args:
        model: functional or sequential ``keras.Model`` of one input and one output, whose layers these are.
        soft_targets: ``SoftTargets``.
    """

    def __init__(self, model, soft_targets):
        super().__init__(model.inputs[0], model.outputs[0], name=model.name)
        self._soft_targets = soft_targets

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """As ``keras.Model``'s, on targets, float32 [b, classes], and the teachers' answers beside them."""
        return super().compute_loss(x, self._soft_targets.beside(y, x), y_pred, sample_weight, training)
