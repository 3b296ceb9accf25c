"""One way for all: a network, a recipe and a seed become a trained model and its exported files."""

import csv
import dataclasses
import json
from pathlib import Path

from edgezoo.common.quiet import import_tensorflow

import_tensorflow()

import keras  # noqa: E402

from edgezoo.common.errors import EdgezooError  # noqa: E402
from edgezoo.common.files import copy  # noqa: E402
from edgezoo.export import Calibration, export_model  # noqa: E402
from edgezoo.train import fit  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Contender:
    """The files of one trained network.

    Attributes:
        folder: ``run/``, ``tuning/`` if there is one, ``NAME.keras`` and ``bundle/`` lie in it.
        name: of the network.
        input_size: side in pixels that a network for images of any size is exported at, else ``None``.
    """

    folder: Path
    name: str
    input_size: int | None = None

    @property
    def keras(self):
        """The best epoch's model."""
        return self.folder / f"{self.name}.keras"

    @property
    def runs(self):
        """The contents of ``run.json`` of the training and of the tuning behind it, as far as they have begun."""
        paths = [folder / "run.json" for folder in self._run_folders]
        return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]

    @property
    def val_accuracy(self):
        """Top-1 of the finished network on the validation images."""
        return self.runs[-1]["results"]["val_accuracy"]

    @property
    def _run_folders(self):
        return self.folder / "run", self.folder / "tuning"

    def exported(self, scheme):
        """The ``.tflite`` file of a scheme."""
        suffix = f"_{self.input_size}" if self.input_size else ""
        return self.folder / "bundle" / f"{self.name}_{scheme}{suffix}.tflite"

    @property
    def finished(self):
        """Whether all files are there."""
        return all(path.exists() for path in (self.keras, self.exported("float32"), self.exported("int8")))

    @property
    def epochs(self):
        """The rows of ``history.csv``, a dict of texts each."""
        histories = [folder / "history.csv" for folder in self._run_folders]
        texts = [path.read_text("utf-8") for path in histories if path.exists()]
        return [row for text in texts for row in csv.DictReader(text.splitlines())]

    @property
    def training_seconds(self):
        """Of all epochs together, validation not included."""
        return sum(float(row["seconds"]) for row in self.epochs)

    @property
    def train_accuracy(self):
        """Top-1 in the last epoch, on the augmented training images."""
        return float(self.epochs[-1]["accuracy"])


def produce(contender, make_model, dataset, recipe, tuning=None):
    """Trains and exports; goes on where an earlier call was stopped, and does nothing if all is done.

    Args:
        contender: ``Contender``; says where the files go.
        make_model: function without arguments that returns the untrained ``keras.Model``.
        dataset: ``edgezoo.datasets.Dataset``.
        recipe: ``edgezoo.train.Recipe``; its seed is that of the first weights and of the calibration, too.
        tuning: ``Recipe`` of a second training, in which batch normalization takes its averages instead of each batch's
            own statistics, as it will when the network is used. That matters where batches differ from each other, as
            those of different image sizes do.
    """
    if contender.finished:
        return
    keras.utils.set_random_seed(recipe.seed)
    model = make_model()
    result = _fit(model, dataset, contender.folder / "run", recipe)
    if tuning:
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
        result = _fit(model, dataset, contender.folder / "tuning", tuning)
    copy(result.model_path, contender.keras)
    export_model(
        contender.keras,
        contender.folder / "bundle",
        ("float32", "int8"),
        calibration=Calibration.draw(dataset, seed=recipe.seed),
        input_sizes=(contender.input_size,) if contender.input_size else (),
    )


def _fit(model, dataset, folder, recipe):
    """A training that is gone on with; ``model`` gets the best epoch's weights."""
    result = fit(model, dataset, folder, recipe, resume=True)
    if result.interrupted:
        raise EdgezooError(f"the training in {folder} was stopped; the same command goes on.")
    return result
