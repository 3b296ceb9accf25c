import pytest
import tensorflow as tf

from edgezoo.train import Recipe, execution
from edgezoo.train.compiled import CannotCompile
from edgezoo.train.execution import COMPILED, STEPS, choose_execution


class Clock:
    """Stands in for the clock and for trainers, which move it on: ``speeds`` are images per second."""

    def __init__(self, batch_size, **speeds):
        self.now, self.batch_size, self.speeds, self.restored = 0.0, batch_size, speeds, None

    def perf_counter(self):
        return self.now

    def trainer(self, name):
        return _Trainer(self, name)


class _Trainer:
    def __init__(self, clock, name):
        self.clock, self.name, self.model = clock, name, None

    def batches(self, split, classes, recipe):
        return tf.data.Dataset.range(1)

    def fit(self, batches, *, steps_per_epoch, shuffle, verbose):
        speed = self.clock.speeds[self.name]
        if isinstance(speed, Exception):
            raise speed
        self.clock.now += steps_per_epoch * self.clock.batch_size / speed

    def state(self):
        return "before"

    def restore(self, arrays):
        self.clock.restored = arrays


@pytest.fixture
def choose(monkeypatch, dataset):
    """A function from speeds and settings to ``(Execution, name of the trainer)`` on a machine with a GPU."""
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    told = []
    monkeypatch.setattr(execution, "note", told.append)

    def run(steps, compiled, devices=1, **settings):
        recipe = Recipe(**{"epochs": 1000, "batch_size": 32} | settings)
        clock = Clock(recipe.batch_size, steps=steps, compiled=compiled)
        monkeypatch.setattr(execution, "time", clock)
        monkeypatch.setattr(execution, "CompiledTrainer", lambda *arguments: clock.trainer("compiled"))
        made, trainer = choose_execution(clock.trainer("steps"), dataset, recipe, devices)
        assert clock.restored == ("before" if recipe.jit_compile == "auto" else None)
        return made, trainer.name, told

    return run


def test_what_is_measured_to_be_faster_is_taken(choose):
    made, trainer, told = choose(1000, 3000)
    assert (made.chosen, trainer) == (COMPILED, "compiled")
    assert made.images_per_second == pytest.approx({STEPS: 1000, COMPILED: 3000})
    assert made.why == "measured at 3.00 times the speed of step by step, 1.20 is needed" and made.worth_telling
    assert told == ["compiling the training steps; that can take a minute"]
    made, trainer, _ = choose(1000, 1100)
    assert (made.chosen, trainer) == (STEPS, "steps") and "at 1.10 times" in made.why


def test_a_short_training_is_not_compiled(choose):
    made, trainer, _ = choose(1000, 3000, epochs=300)
    assert (made.chosen, trainer) == (STEPS, "steps")
    assert made.why == "106 seconds of training, too few to compile"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"devices": 2}, "2 devices train in step"),
        ({"randaugment": 0.5}, "XLA cannot compile randaugment"),
        ({"resize": 0.5}, "XLA cannot compile resize"),
        ({"jit_compile": False}, "as the recipe says"),
    ],
)
def test_what_cannot_be_compiled_is_said(choose, options, why):
    made, trainer, _ = choose(1000, AssertionError("compiled"), **options)
    assert (made.chosen, made.why, trainer) == (STEPS, why, "steps")


def test_more_images_than_the_device_keeps(choose, monkeypatch):
    monkeypatch.setattr(execution, "_MOST_BYTES", 1)
    assert "are more than the 0 GB that are kept on the device" in choose(1000, AssertionError())[0].why


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (CannotCompile(ValueError("no libdevice\n at .")), "XLA cannot compile it: no libdevice at"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM"), "compiled, it needs more memory than there is"),
    ],
)
def test_where_xla_fails_steps_are_taken_one_by_one(choose, error, why):
    made, trainer, _ = choose(1000, error)
    assert (made.chosen, trainer) == (STEPS, "steps") and made.why.startswith(why)


def test_steps_that_wait_for_their_launch_are_told_of(choose):
    *_, told = choose(10_000, 10_000)
    assert told[-1].startswith("a step of 32 images takes 3.2 ms, most of it to start the GPU's kernels")


def test_without_a_gpu_nothing_is_tried(dataset):
    made, trainer = choose_execution(None, dataset, Recipe(), 1)
    assert made.chosen == STEPS and trainer is None and not made.worth_telling
