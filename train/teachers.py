"""Teachers: trained networks whose answers another learns to give."""

import dataclasses
from pathlib import Path

import keras
import tensorflow as tf

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..inspection.files import TFLITE, kind_of
from ..zoo.calling import try_call
from ..zoo.classifier import Classifier, classifier
from ..zoo.loading import load_model
from ..zoo.registry import list_models
from . import network
from .classes import require_same_classes
from .distillation import with_soft_targets
from .recipe import Recipe


@dataclasses.dataclass(frozen=True)
class Teacher:
    """A trained network in a file.

    Attributes:
        path: the file.
        sha256: of it.
        form: ``Classifier``.
    """

    path: Path
    sha256: str
    form: Classifier

    @classmethod
    def load(cls, path):
        """The network of a Keras model's file; an ensemble is one like any.

        Raises:
            EdgezooError: there is no such file, or it holds no image classifier of Keras that computes in floats.
        """
        if str(path) in list_models():
            raise EdgezooError(
                f"{path} is the name of a model, and a teacher is a file of a trained one; "
                f"`edgezoo build {path} --weights DATA -o {path}.keras` writes one."
            )
        if kind_of(path) == TFLITE:
            raise EdgezooError(f"{path} cannot teach, only Keras models can; give the .keras file that it was made of.")
        model = load_model(path)
        form = classifier(model, path)
        for layer in model._flatten_layers():
            if isinstance(layer.dtype_policy, keras.dtype_policies.QuantizedDTypePolicy):
                raise EdgezooError(
                    f"{path} cannot teach: its layer {layer.name!r} is quantized ({layer.dtype_policy.name}); "
                    "give the float model."
                )
        try_call(model, path)
        return cls(Path(path), sha256(path), form)

    @property
    def identity(self):
        """What ``run.json`` holds: the model's name, which is in its file, and the file's checksum."""
        return {"name": self.form.origin.name, "sha256": self.sha256}

    def require_fitting(self, dataset, recipe):
        """Refuses a data set that it cannot teach, or a recipe whose images it does not take."""
        shape, given, classes = self.form.input_shape, dataset.input_shape, dataset.class_names
        if not network.takes(self.form, given):
            raise EdgezooError(
                f"{self.path} takes images of {network.shape_text(shape)}, {dataset.name} has "
                f"{network.shape_text(given)}; a teacher sees the images that its student sees: take one for these."
            )
        if recipe.resize and None not in shape[:2]:
            raise EdgezooError(
                f"the recipe's resize makes images of many sizes, and {self.path} takes {network.shape_text(shape)} "
                "only; set resize to 0, or take a teacher for images of any size."
            )
        if self.form.classes != len(classes):
            raise EdgezooError(
                f"{self.path} tells {self.form.classes} classes apart, {dataset.name} has {len(classes)}; "
                "take a teacher that was trained on the same classes."
            )
        if not network.gives_scores(self.form):
            raise EdgezooError(
                f"{self.path} ends in {self.form.activation}; a teacher ends in softmax, in nothing (logits) or, "
                "of two classes, in one sigmoid."
            )
        require_same_classes(self.path, dataset)


def require_teaching(teachers, dataset, recipe):
    """Refuses teachers that do not fit data and recipe, and a recipe of distillation without any."""
    for teacher in teachers:
        teacher.require_fitting(dataset, recipe)
    for setting in ("temperature", "alpha"):
        if not teachers and getattr(recipe, setting) != getattr(Recipe, setting):
            raise EdgezooError(f"the recipe sets {setting}, which is of distillation; give a teacher, too (--teacher).")


class SoftTargets:
    """What teachers answer, softened; made under the current ``tf.distribute`` strategy.

    Several are one by the mean of their softened probabilities (You et al. 2017, «Learning from Multiple Teacher
    Networks»; Hinton et al. 2015 name it, too).

    Args:
        teachers: ``Teacher`` objects, at least one.
        temperature: what their logits are divided by.
        policy: dtype policy they compute in, that of the student. In bfloat16 the answers of four networks of the zoo
            to 1,000 validation images of Fashion-MNIST were off by a mean KL divergence of at most 0.00011, in float16
            by less; the nearest teacher and student were 0.017 apart. The last layer is float32, and all after it.
    """

    def __init__(self, teachers, temperature, policy="float32"):
        self._temperature = temperature
        self._networks = [network.copy_of(each.form.plain(logits=True).network, policy) for each in teachers]

    def __call__(self, images):
        """Probabilities, float32 [b, classes], of float32 [b, H, W, C] (0–255)."""
        logits = [each(images, training=False) / self._temperature for each in self._networks]
        return tf.stop_gradient(tf.add_n(list(map(tf.nn.softmax, logits))) / len(logits))

    def beside(self, targets, images):
        """Targets, float32 [b, classes], and what teachers answer for the same images, as ``with_soft_targets``."""
        return with_soft_targets(targets, self(images))
