"""fit: a model, a data set and a recipe become a run folder."""

import contextlib
import dataclasses
import math
import re
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from rich.progress import TextColumn

from ..common.errors import EdgezooError, Interrupted
from ..common.files import naming_full_disk
from ..common.progress import bar, note
from ..zoo.starting import start_of
from . import network
from .averages import Averages
from .balancing import class_weights, tell_imbalance
from .checkpoint import Checkpoint
from .execution import STEPS, execution_as_before
from .interrupt import CtrlC
from .precision import measure_speeds, tensor_float_32
from .recipe import Recipe
from .reports import TensorBoardLog, draw_curves, epoch_heading, epoch_line
from .run_folder import RunFolder, provenance
from .stream import batch_size_for, let_pipeline_rest, plain_images, steps_per_epoch, training_batches
from .teachers import require_teaching
from .training import Training


@dataclasses.dataclass(frozen=True)
class RunResult:
    """What came out of ``fit``.

    Attributes:
        run_dir: the run folder.
        model_path: ``model.keras`` in it, the best epoch.
        epochs: epochs finished.
        best_epoch: counted from 1.
        val_accuracy: of ``model_path``, on the whole validation split.
        history: one dict an epoch: ``epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds``, of a
            recipe that balances classes ``val_balanced_accuracy``, too; ``loss`` and ``accuracy`` are means over the
            epoch's augmented images while the weights changed.
        interrupted: whether Ctrl-C, SIGTERM or SIGHUP ended it before the recipe's last epoch.
        stopped_early: whether the recipe's patience did.
    """

    run_dir: Path
    model_path: Path
    epochs: int
    best_epoch: int
    val_accuracy: float
    history: list
    interrupted: bool
    stopped_early: bool = False

    def as_dict(self):
        """The same, JSON-able."""
        return {**dataclasses.asdict(self), "run_dir": str(self.run_dir), "model_path": str(self.model_path)}


def fit(model, dataset, run_dir, recipe=None, *, resume=False, teachers=(), training=None):
    """Trains a model; keeps the epoch that is best on the validation split.

    Several GPUs, or several logical devices, are used together. The weights are trained in the recipe's precision and
    validated and saved in float32, so the accuracy reported is that of the file. The test split is not touched.

    Args:
        model: functional or sequential ``keras.Model`` from float32 [b, H, W, C] (0–255) to [b, classes], softmax or
            logits. It ends up with the best epoch's weights.
        dataset: ``Dataset``.
        run_dir: the folder that ``RunFolder`` describes.
        recipe: ``Recipe``; the default recipe if ``None``.
        resume: go on with the run that is in ``run_dir`` after its last finished epoch; on a CPU the result is, to the
            bit, that of a run without interruption. Starts a new run where there is none.
        teachers: ``Teacher`` objects, whose answers the model learns besides the labels, as the recipe's
            ``temperature`` and ``alpha`` say.
        training: ``Training``, how; by Keras if ``None``.

    Returns:
        ``RunResult``. Ctrl-C, SIGTERM or SIGHUP ends the training after the step and sets ``interrupted``; a second
        Ctrl-C raises ``KeyboardInterrupt`` at once, and that, too, can be resumed.

    Raises:
        EdgezooError: model, teachers and data do not fit, another run is in ``run_dir``, or loss or weights became
            infinite or NaN.
        Interrupted: it was to end before the first epoch was finished.
    """
    recipe = recipe or Recipe()
    form = network.fitting(model, dataset)
    for name in ("randaugment", "jitter"):
        if getattr(recipe, name) and dataset.input_shape[2] not in (1, 3):
            raise EdgezooError(
                f"the recipe's {name} takes 1 or 3 channels, {dataset.name} has {dataset.input_shape[2]}; set it to 0."
            )
    # Chosen once, so that the record tells it.
    recipe = dataclasses.replace(recipe, batch_size=recipe.batch_size or batch_size_for(dataset.train, recipe))
    if recipe.resize and None not in form.input_shape[:2]:
        raise EdgezooError(
            f"the recipe's resize needs a network for images of any size, {model.name} takes one size only; "
            "set resize to 0, or build a global-pooling model with input_shape (None, None, channels)."
        )
    require_teaching(teachers, dataset, recipe)
    folder, training = RunFolder(run_dir), training or Training()
    identity = {**_identity(model, dataset, recipe, teachers), **training.identity}
    record = folder.open(identity, resume=resume)
    # What is saved: float32, on one device, uncompiled, whatever the training needs.
    artifact = network.copy_of(model, "float32")
    resumed = record is not None
    if resumed and (checkpoint := Checkpoint.load(folder.checkpoint)).is_done(recipe):
        note(f"{folder.path}: the training is done already, after {len(checkpoint.history)} epochs")
        return _finish(folder, record, artifact, model, recipe)

    tell_imbalance(dataset, recipe)
    steps = steps_per_epoch(dataset.train, recipe)
    note(f"batch size: {batch_size_for(dataset.train, recipe)} ({steps:,} steps an epoch)")
    if frozen := network.frozen_params(model):
        note(f"frozen, since their layers are not trainable: {frozen:,} of {model.count_params():,} weights")
    weights = class_weights(dataset.train.labels, len(dataset.class_names), recipe)

    def trainer_in(policy):
        return training.trainer(form, policy, recipe, steps * recipe.epochs, teachers, weights)

    with CtrlC() as ctrl_c, _in_plain_words(), naming_full_disk(folder.path), tensor_float_32(recipe.tf32):
        if resumed:
            record = {**record, "status": "running", "resumed": [*record["resumed"], provenance()]}
        else:
            precision = training.precision(recipe.precision, lambda names: _speeds(names, trainer_in, dataset, recipe))
            note(f"precision: {precision}")
            record = {
                "status": "running",
                **identity,
                "model": {"name": model.name, **identity["model"], "frozen_params": frozen},
                "precision": dataclasses.asdict(precision),
                "devices": training.devices,
                **provenance(),
                "resumed": [],
            }
        with trainer_in(record["precision"]["chosen"]) as trainer:
            if resumed:
                chosen = record.get("execution", {"chosen": STEPS})["chosen"]
                trainer = execution_as_before(chosen, trainer, dataset.train, recipe)
                checkpoint = Checkpoint.load(folder.checkpoint)
                trainer.restore(checkpoint.variables)
            else:
                execution, trainer = training.execution(trainer, dataset, recipe)
                if execution.worth_telling:
                    note(f"steps: {execution.chosen} ({execution.why})")
                record["execution"] = dataclasses.asdict(execution)
                # Epoch 0 is kept too: a run that goes on depends on its folder, not on the caller's weights.
                checkpoint = Checkpoint(trainer.state(), [], [])
                checkpoint.save(folder.checkpoint)
                folder.keep_trained_on(dataset.train.digests)
            folder.publish(record, checkpoint, artifact)
            done = len(checkpoint.history)
            try:
                with bar(TextColumn("{task.fields[now]}")) as progress:
                    trainer.fit(
                        trainer.batches(dataset.train, len(dataset.class_names), recipe, first_epoch=done),
                        steps_per_epoch=steps,
                        initial_epoch=done,
                        epochs=recipe.epochs,
                        callbacks=[
                            _Keeper(training, trainer, artifact, form, dataset, folder, record, recipe, checkpoint),
                            _Watch(progress, ctrl_c, recipe.epochs, steps, batch_size_for(dataset.train, recipe), done),
                        ],
                        shuffle=False,  # the batches are shuffled already
                        verbose=0,
                    )
            except _Stopped:
                let_pipeline_rest()
            except _Diverged as error:
                let_pipeline_rest()
                folder.publish({**record, "status": "diverged"}, Checkpoint.load(folder.checkpoint), artifact)
                raise EdgezooError(f"{error}; train into another folder with a lower learning rate.") from None
    return _finish(folder, record, artifact, model, recipe)


@contextlib.contextmanager
def _in_plain_words():
    """What TensorFlow raises, as an ``EdgezooError``, once the threads that make batches are idle."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        let_pipeline_rest()
        raise EdgezooError("there is not enough memory; train into another folder with a smaller batch.") from error
    except tf.errors.OpError as error:
        let_pipeline_rest()
        raise EdgezooError(f"training failed: {_gist(error)}; --resume goes on once that is mended.") from error
    except (EdgezooError, OSError):  # a full disk, for one
        let_pipeline_rest()
        raise


def _gist(error):
    """One line of what TensorFlow says; where a picture could not be read, the error that the data set raised."""
    own = re.search(r"EdgezooError: ([^\n]+)", error.message)
    return (own[1] if own else " ".join(error.message.split())[:300]).rstrip(".")


def _finish(folder, record, artifact, model, recipe):
    """Brings the folder up to the checkpoint and gives ``model`` the best weights."""
    checkpoint = Checkpoint.load(folder.checkpoint)
    epochs, best = len(checkpoint.history), checkpoint.best
    interrupted, stopped_early = not checkpoint.is_done(recipe), checkpoint.gives_up(recipe)
    ending = {"status": "interrupted" if interrupted else "finished", "stopped_early": stopped_early}
    folder.publish({**record, **ending}, checkpoint, artifact)
    if not best:
        raise Interrupted(
            f"training was stopped before its first epoch {'that counts ' * bool(epochs)}was finished, so "
            f"{folder.path} has no model yet; --resume goes on."
        )
    draw_curves(checkpoint.history, best["epoch"], folder.curves)
    model.set_weights(checkpoint.best_weights)
    return RunResult(
        folder.path,
        folder.model,
        epochs,
        best["epoch"],
        best["val_accuracy"],
        checkpoint.history,
        interrupted,
        stopped_early,
    )


def _identity(model, dataset, recipe, teachers):
    """What makes a run this run and no other: not the model's name, which Keras counts up, nor where the data lie."""
    start = start_of(model)
    return {
        "model": {
            "params": model.count_params(),
            "architecture_sha256": network.architecture(model),
            "start": start and dataclasses.asdict(start),
        },
        "dataset": {
            "name": dataset.name,
            "class_names": list(dataset.class_names),
            "input_shape": list(dataset.input_shape),
            "fit": dataset.fit.row(),
            "images": {"train": len(dataset.train), "validation": len(dataset.validation)},
            "source": {key: value for key, value in dataset.source.items() if key != "path"},
        },
        "recipe": dataclasses.asdict(recipe),
        "teachers": [teacher.identity for teacher in teachers],
    }


def _speeds(policies, trainer_in, dataset, recipe):
    batches = training_batches(dataset.train, len(dataset.class_names), recipe)
    trainers = {policy: trainer_in(policy) for policy in policies}
    return measure_speeds(trainers, batches, batch_size_for(dataset.train, recipe))


#: Columns of a terminal from which on the bar shows the speed, too.
_WIDE = 90


class _Stopped(Exception):
    """The training is to end after this step or epoch."""


class _Diverged(Exception):
    """Loss or weights are infinite or NaN."""


class _Keeper(keras.callbacks.Callback):
    """Ends an epoch: validates, writes the checkpoint, and after it what is made from it.

    Args:
        training, trainer: ``Training`` and its ``Trainer``.
        artifact: float32 copy of the model; what is validated is what is saved.
        form: ``Classifier``, how it is called.
        dataset: ``Dataset``.
        folder: ``RunFolder``.
        record: see ``RunFolder.publish``.
        recipe: ``Recipe``.
        checkpoint: the state to begin with.
    """

    def __init__(self, training, trainer, artifact, form, dataset, folder, record, recipe, checkpoint):
        super().__init__()
        self.training, self.trainer = training, trainer
        self.artifact, self.folder, self.record, self.checkpoint = artifact, folder, record, checkpoint
        self.recipe, self.averages = recipe, Averages(form, dataset.train, recipe)
        self.labels, self.images = dataset.validation.labels, plain_images(dataset.validation)
        self.validated = form.around(artifact)
        self.loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not form.gives_probabilities)
        self.log = TensorBoardLog(folder.logs, checkpoint.history)

    def on_train_begin(self, logs=None):
        note(epoch_heading(self.params["epochs"], balanced=self.recipe.balances))

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self.start
        variables, weights = self.trainer.state(), self.trainer.weights()
        # ReLU makes 0 of NaN, so weights can be lost without any loss that shows it.
        if not all(np.isfinite(weight).all() for weight in weights):
            raise _Diverged(f"weights became infinite or NaN in epoch {epoch + 1}")
        weights, validation = self.averages.mended(self.artifact, weights, logs["accuracy"], self._validate)
        row = {
            "epoch": epoch + 1,
            "loss": float(logs["loss"]),
            "accuracy": float(logs["accuracy"]),
            **validation,
            "learning_rate": self.trainer.learning_rate(),
            "seconds": round(seconds, 3),
            **self.training.counts(epoch + 1, self.params["epochs"]),
        }
        self.checkpoint = self.checkpoint.after(row, variables, weights)
        self.checkpoint.save(self.folder.checkpoint)
        self.folder.publish(self.record, self.checkpoint, self.artifact)
        self.log.write(row)
        note(epoch_line(row, self.params["epochs"], best=self.checkpoint.best is row))
        if self.checkpoint.gives_up(self.recipe):
            note(f"stopped early: {self.recipe.patience} epochs without a better one")
            raise _Stopped

    def on_train_end(self, logs=None):
        self.log.close()

    def _validate(self, weights):
        self.artifact.set_weights(weights)
        outputs = self.validated.predict(self.images, verbose=0)
        loss = float(self.loss(self.labels, outputs))
        if not math.isfinite(loss):
            raise _Diverged(f"the validation loss became {loss}")
        right = outputs.argmax(axis=1) == self.labels
        row = {"val_loss": loss, "val_accuracy": float(np.mean(right))}
        if self.recipe.balances:
            recalls = [np.mean(right[self.labels == label]) for label in np.unique(self.labels)]
            row["val_balanced_accuracy"] = float(np.mean(recalls))
        return row


class _Watch(keras.callbacks.Callback):
    """Moves the progress bar, and stops a training that has diverged or shall end.

    Args:
        progress: ``rich.progress.Progress`` with a column for the field ``now``.
        ctrl_c: ``CtrlC``.
        epochs, steps: of the training, and of each epoch.
        batch_size: images a step.
        done: epochs that an earlier sitting has finished.
    """

    def __init__(self, progress, ctrl_c, epochs, steps, batch_size, done):
        super().__init__()
        self.progress, self.ctrl_c, self.batch_size = progress, ctrl_c, batch_size
        self.epochs, self.steps = epochs, steps
        self.task = progress.add_task("train", total=epochs * steps, completed=done * steps, now="")

    def on_epoch_begin(self, epoch, logs=None):
        self.start, self.before = time.perf_counter(), epoch * self.steps
        self.progress.update(self.task, description=f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise _Diverged(f"the loss became {logs['loss']}")
        if self.ctrl_c.requested:
            raise _Stopped
        now = f"loss {logs['loss']:.3f} acc {logs['accuracy']:.3f}"
        if self.progress.console.width >= _WIDE:
            now += f" {(batch + 1) * self.batch_size / (time.perf_counter() - self.start):,.0f} images/s"
        self.progress.update(self.task, completed=self.before + batch + 1, now=now)
