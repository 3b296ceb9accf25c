"""The model: whether it fits the data, its copies."""

import hashlib
import json
import math

import keras
import numpy as np
import tensorflow as tf

from ..common.errors import EdgezooError
from ..zoo.classifier import classifier
from ..zoo.copying import clone, copied
from ..zoo.endings import last_operation
from .averages import set_momentum
from .loss import loss_of
from .normalization import FusedBatchNormalization
from .optimizer import optimizer_of
from .student import Student

#: What a network that can be trained may end in; nothing (``"linear"``) is logits, of which a log-softmax's are some.
_TRAINABLE = ("softmax", "linear", "log_softmax")


def fitting(model, dataset):
    """The model as a classifier of a data set's images, after checking that it can be trained as one.

    Args:
        model: a functional or sequential ``keras.Model``.
        dataset: ``Dataset``.

    Returns:
        ``zoo.classifier.Classifier``.

    Raises:
        EdgezooError: the model cannot be trained on this data set; the message names both and says what to do.
    """
    form = classifier(model, getattr(model, "name", type(model).__name__))
    given, classes = tuple(dataset.input_shape), len(dataset.class_names)
    if not takes(form, given):
        raise EdgezooError(
            f"{model.name} takes images of {shape_text(form.input_shape)}, {dataset.name} has {shape_text(given)}; "
            f"build the model with --input-shape {','.join(map(str, given))}."
        )
    if form.classes != classes:
        raise EdgezooError(
            f"{model.name} tells {form.classes} classes apart, {dataset.name} has {classes}; "
            f"build the model with --classes {classes}."
        )
    if not model.trainable_variables:
        raise EdgezooError(f"{model.name} has no trainable weights; set model.trainable = True before saving it.")
    if not gives_scores(form):
        raise EdgezooError(
            f"{model.name} ends in {form.activation}; to be trained here, it must end in softmax, in nothing (logits), "
            "or, of two classes, in one sigmoid."
        )
    return form


def takes(form, shape):
    """Whether a ``Classifier`` takes images of that shape, (H, W, C)."""
    return all(side in (None, actual) for side, actual in zip(form.input_shape, shape, strict=True))


def gives_scores(form):
    """Whether a ``Classifier`` ends in probabilities of classes that rule each other out, or in logits of them."""
    return form.activation in _TRAINABLE or (form.has_one_output and form.gives_probabilities)


def frozen_params(model):
    """How many weights of a ``keras.Model`` are of layers that are not ``trainable``: a training leaves them alone."""
    frozen = {id(each): each for layer in model._flatten_layers() if not layer.trainable for each in layer.weights}
    return sum(math.prod(weight.shape) for weight in frozen.values())


def shape_text(shape):
    """(28, None, 1) as ``28×any×1``."""
    return "×".join("any" if side is None else str(side) for side in shape)


def copy_of(model, policy, *, fused=False):
    """A copy with the same weights whose layers compute in another precision.

    Args:
        model: a functional or sequential ``keras.Model``.
        policy: ``"float32"``, ``"mixed_bfloat16"`` or ``"mixed_float16"``. The last layer stays float32, where
            probabilities would lose digits that the loss needs.
        fused: with ``FusedBatchNormalization``, for training; not to be saved.

    Returns:
        ``keras.Model`` with float32 variables in the same order, made under the current ``tf.distribute`` strategy.
    """
    last = last_operation(model)

    def convert(operation):
        copy = copied(operation, "float32" if operation is last else policy)
        if fused and type(copy) is keras.layers.BatchNormalization:
            return FusedBatchNormalization.from_config(copy.get_config())
        return copy

    return clone(model, convert)


def _seed_generators(model, seed):
    """Makes all later random draws of the model's layers (dropout, noise) a function of ``seed``."""
    weights = {id(variable) for variable in model.weights}
    states = [variable for variable in model.variables if id(variable) not in weights]
    for number, state in enumerate(states):
        first = np.random.SeedSequence([seed, number]).generate_state(1)[0] % 2**31
        state.assign(np.array([first, 0], "int64"))


def trainer(form, policy, recipe, *, steps, soft_targets=None, class_weights=None):
    """A compiled copy of a model, made under the current ``tf.distribute`` strategy.

    Args:
        form: ``Classifier``; the copy takes and gives what it does, and its weights have the order of the model's.
        policy: see ``copy_of``.
        recipe: ``Recipe``.
        steps: of the whole training.
        soft_targets: ``SoftTargets`` that it learns from besides labels, if any.
        class_weights: as ``balancing.class_weights`` gives them.
    """
    copy = form.around(copy_of(form.model, policy, fused=True))
    if recipe.batch_norm_momentum:
        set_momentum(copy, recipe.batch_norm_momentum)
    if soft_targets:
        copy = Student(copy, soft_targets)
    _seed_generators(copy, recipe.seed)
    copy.compile(
        optimizer=optimizer_of(keras, recipe, copy.trainable_variables, steps, head=last_operation(form.model).name),
        loss=loss_of(
            keras, recipe, class_weights, gives_probabilities=form.gives_probabilities, taught=bool(soft_targets)
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,  # XLA was measured to halve the speed of small convolutions on CPUs
    )
    return copy


def architecture(model):
    """Hex SHA-256 of the layers' classes and configurations, without their names, which Keras counts up."""
    layers = []
    for layer in model.layers:
        config = layer.get_config()
        config.pop("name", None)
        layers.append([type(layer).__name__, config])
    return hashlib.sha256(json.dumps(layers, sort_keys=True, default=str).encode()).hexdigest()


def strategy():
    """All GPUs in step where there are several; all logical CPUs where somebody has set up several; else one device."""
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) == 1:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def state(trainer):
    """All that training changes, as arrays: weights, states of random generators, the optimizer's variables."""
    return [keras.ops.convert_to_numpy(variable) for variable in (*trainer.variables, *trainer.optimizer.variables)]


def restore(trainer, arrays):
    """Sets what ``state`` gave, bit for bit."""
    for variable, array in zip((*trainer.variables, *trainer.optimizer.variables), arrays, strict=True):
        variable.assign(array)


def averaged_weights(trainer):
    """``get_weights()`` with the optimizer's moving averages in place of the trainable ones, if it keeps any."""
    before = [keras.ops.convert_to_numpy(variable) for variable in trainer.trainable_variables]
    trainer.optimizer.finalize_variable_values(trainer.trainable_variables)
    weights = trainer.get_weights()
    for variable, array in zip(trainer.trainable_variables, before, strict=True):
        variable.assign(array)
    return weights
