"""Muon for convolutional networks."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="edgezoo")
class ConvMuon(keras.optimizers.Muon):
    """Keras' Muon (momentum made orthogonal) with convolution kernels flattened to matrices.

    Keras gives Muon's step to two-dimensional weights only, which a convolutional network has but in its head. Here
    a kernel ``[h, w, in, out]`` counts as the matrix ``[h·w·in, out]`` (Jordan 2024, «Muon: An optimizer for hidden
    layers in neural networks»). The classifier, depthwise kernels, which are no matrix products, biases and
    normalization go by AdamW, as Muon's author advises.

    Args:
        **kwargs: as for ``keras.optimizers.Muon``.
    """

    def _should_use_adamw(self, variable):
        depthwise = variable.shape[-1] == 1
        if len(variable.shape) not in (2, 4) or depthwise:
            return True
        return any(name in variable.path for name in self.exclude_layers)

    def zeropower_via_newtonschulz5(self, x, steps):
        return ops.reshape(super().zeropower_via_newtonschulz5(_as_matrix(x), steps), x.shape)

    def lr_adjust(self, x):
        return ops.reshape(super().lr_adjust(_as_matrix(x)), x.shape)


def _as_matrix(kernel):
    return ops.reshape(kernel, (-1, kernel.shape[-1]))
