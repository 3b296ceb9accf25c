"""One way for all: a network, a recipe and a seed become a trained model and its exported files."""

import dataclasses
import json
from pathlib import Path

from edgezoo.common.quiet import import_tensorflow

import_tensorflow()

import keras  # noqa: E402

from edgezoo.common.errors import EdgezooError  # noqa: E402
from edgezoo.common.files import replacing  # noqa: E402
from edgezoo.export import Calibration, export_model  # noqa: E402
from edgezoo.train import fit  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Contender:
    """The files of one trained network.

    Attributes:
        folder: ``run/``, ``NAME.keras`` and ``bundle/`` lie in it.
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
    def run(self):
        """The content of ``run.json``, or ``None`` before the training has begun."""
        path = self.folder / "run" / "run.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def exported(self, scheme):
        """The ``.tflite`` file of a scheme."""
        suffix = f"_{self.input_size}" if self.input_size else ""
        return self.folder / "bundle" / f"{self.name}_{scheme}{suffix}.tflite"

    @property
    def finished(self):
        """Whether all files are there."""
        return all(path.exists() for path in (self.keras, self.exported("float32"), self.exported("int8")))

    @property
    def training_seconds(self):
        """Of all epochs together, validation not included."""
        history = (self.folder / "run" / "history.csv").read_text(encoding="utf-8").splitlines()
        column = history[0].split(",").index("seconds")
        return sum(float(line.split(",")[column]) for line in history[1:])


def produce(contender, make_model, dataset, recipe):
    """Trains and exports; goes on where an earlier call was stopped, and does nothing if all is done.

    Args:
        contender: ``Contender``; says where the files go.
        make_model: function without arguments that returns the untrained ``keras.Model``.
        dataset: ``edgezoo.datasets.Dataset``.
        recipe: ``edgezoo.train.Recipe``; its seed is that of the first weights and of the calibration, too.
    """
    if contender.finished:
        return
    keras.utils.set_random_seed(recipe.seed)
    result = fit(make_model(), dataset, contender.folder / "run", recipe, resume=True)
    if result.interrupted:
        raise EdgezooError(f"the training of {contender.name} was stopped; the same command goes on.")
    with replacing(contender.keras) as temporary:
        temporary.write_bytes(result.model_path.read_bytes())
    export_model(
        contender.keras,
        contender.folder / "bundle",
        ("float32", "int8"),
        calibration=Calibration.draw(dataset, seed=recipe.seed),
        input_sizes=(contender.input_size,) if contender.input_size else (),
    )
