"""Step by step, or many steps as one compiled program: which one this machine trains faster with, measured."""

import dataclasses
import time

import numpy as np
import tensorflow as tf

from ..common.errors import EdgezooError
from ..common.progress import note
from .augment import Augmentation
from .compiled import CannotCompile, CompiledTrainer, chunk_length
from .stream import batch_size_for, steps_per_epoch

STEPS, COMPILED = "step by step", "compiled"
#: A smaller gain is not worth what compiling costs.
NEEDED_GAIN = 1.2
#: XLA takes half a minute or a whole one for a network of this size. A training that lasts no longer does without.
_WORTH_SECONDS = 120
#: Images that are kept on the device, at most.
_MOST_BYTES = 2 << 30
#: Shorter steps wait for the launch of their kernels, and not for the arithmetic in them: on an H200 one network took
#: 11.5 ms a step for 128 images, and 14.6 ms for 1,024.
_LAUNCH_BOUND_SECONDS = 0.02
_TRIAL_SECONDS = 1.0
_TRIAL_STEPS = 8


@dataclasses.dataclass(frozen=True)
class Execution:
    """A choice and its reason, as ``run.json`` keeps it.

    Attributes:
        chosen: ``STEPS`` or ``COMPILED``.
        why: one sentence.
        images_per_second: either → speed of the trial; empty if there was none.
    """

    chosen: str
    why: str
    images_per_second: dict = dataclasses.field(default_factory=dict)

    @property
    def worth_telling(self):
        """Whether it is no matter of course."""
        return self.chosen == COMPILED or bool(self.images_per_second)


def choose_execution(trainer, dataset, recipe, devices):
    """How a training takes its steps, and what takes them.

    Args:
        trainer: ``Trainer``; its weights are afterwards what they were.
        dataset: ``Dataset``.
        recipe: ``Recipe``.
        devices: replicas that train in step.

    Returns:
        ``(Execution, Trainer)``; the trainer has the model of the one given.

    Raises:
        EdgezooError: the recipe demands what cannot be compiled.
    """
    split, asked = dataset.train, recipe.jit_compile
    if asked is False:
        return Execution(STEPS, "as the recipe says"), trainer
    obstacle = _obstacle(split, recipe, devices)
    if asked is True:
        if obstacle:
            raise EdgezooError(f"the recipe's jit_compile cannot be: {obstacle}; set it to auto.")
        return Execution(COMPILED, "as the recipe says"), CompiledTrainer(trainer.model, split, recipe)
    if not tf.config.list_physical_devices("GPU"):
        return Execution(STEPS, "no GPU: compiled, small convolutions are slower on a CPU"), trainer
    before = trainer.state()
    try:
        return _by_trial(trainer, dataset, recipe, obstacle)
    finally:
        trainer.restore(before)


def execution_as_before(chosen, trainer, split, recipe):
    """What trains in a run that goes on as it was begun: in the ``Execution.chosen`` that is recorded."""
    return CompiledTrainer(trainer.model, split, recipe) if chosen == COMPILED else trainer


def _obstacle(split, recipe, devices):
    """Why a training cannot be compiled, or ``None``."""
    if devices > 1:
        return f"{devices} devices train in step"
    setting, size = Augmentation(recipe).obstacle, len(split) * int(np.prod(split.shape))
    if setting:
        return f"XLA cannot compile {setting}"
    if size > _MOST_BYTES:
        return f"{size / 2**30:.1f} GB of images are more than the {_MOST_BYTES >> 30} GB that are kept on the device"
    return None


def _by_trial(trainer, dataset, recipe, obstacle):
    split, classes = dataset.train, len(dataset.class_names)
    batch_size = batch_size_for(split, recipe)
    images = recipe.epochs * steps_per_epoch(split, recipe) * batch_size

    def speed(trainer, steps):
        batches = trainer.batches(split, classes, recipe).repeat()

        def seconds(steps):
            start = time.perf_counter()
            trainer.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
            return time.perf_counter() - start

        seconds(steps)  # traces and compiles
        steps *= max(1, round(_TRIAL_SECONDS / seconds(steps)))
        return steps * batch_size / seconds(steps)

    speeds = {STEPS: speed(trainer, _TRIAL_STEPS)}
    execution = None
    if obstacle:
        execution = Execution(STEPS, obstacle, speeds)
    elif images / speeds[STEPS] < _WORTH_SECONDS:
        execution = Execution(STEPS, f"{images / speeds[STEPS]:.0f} seconds of training, too few to compile", speeds)
    else:
        note("compiling the training steps; that can take a minute")
        try:
            compiled = CompiledTrainer(trainer.model, split, recipe)
            speeds[COMPILED] = speed(compiled, chunk_length(split, recipe))
        except CannotCompile as error:
            execution = Execution(STEPS, f"XLA cannot compile it: {error.reason}", speeds)
        except tf.errors.ResourceExhaustedError:
            execution = Execution(STEPS, "compiled, it needs more memory than there is", speeds)
        else:
            gain = speeds[COMPILED] / speeds[STEPS]
            why = f"measured at {gain:.2f} times the speed of step by step, {NEEDED_GAIN:.2f} is needed"
            if gain >= NEEDED_GAIN:
                return Execution(COMPILED, why, speeds), compiled
            execution = Execution(STEPS, f"compiled steps were {why}", speeds)
    if batch_size / speeds[STEPS] < _LAUNCH_BOUND_SECONDS:
        note(
            f"a step of {batch_size} images takes {1000 * batch_size / speeds[STEPS]:.1f} ms, most of it to start the "
            "GPU's kernels; a larger --batch-size takes hardly longer, with a learning rate to match."
        )
    return execution, trainer
