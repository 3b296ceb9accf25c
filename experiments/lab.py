"""What an experiment works with: trainings that go on where they were stopped, exports, accuracies, latencies."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

from ..common.files import copy
from ..common.progress import note
from ..datasets.dataset import Dataset
from ..train.recipe import Recipe

#: Training images to see, over all epochs: five epochs of Fashion-MNIST.
IMAGES_TO_SEE = 270_000
MOST_EPOCHS = 60
#: The quick form: images of each split, and what its recipe has of its own.
QUICK_IMAGES = {"train": 2000, "validation": 500, "test": 500}
QUICK_RECIPE = {"epochs": 2, "batch_size": 32}


@dataclasses.dataclass(frozen=True)
class Training:
    """One network to train.

    Attributes:
        name: of its run folder and its files.
        make_model, dataset, recipe, tuning: see ``train.fit_tuned``.
    """

    name: str
    make_model: Callable
    dataset: Dataset
    recipe: Recipe
    tuning: Recipe | None = None


@dataclasses.dataclass(frozen=True)
class Lab:
    """Data, a place, and the way of training that all networks of an experiment share.

    Attributes:
        dataset: ``Dataset``; in the quick form a sample of it.
        folder: ``runs/``, ``models/`` and ``exported/`` go there.
        recipe: ``Recipe``.
        quick: whether networks shall be tiny.
    """

    dataset: Dataset
    folder: Path
    recipe: Recipe
    quick: bool

    @classmethod
    def for_dataset(cls, dataset, folder, *, quick, seed):
        """The lab for a data set.

        The recipe is ``fashion_mnist_fast`` with as many epochs as the data set needs, and without its flips: mirrored
        digits are no digits, and mirrored images with permuted pixels no images at all. Nothing else is augmented, so
        the networks learn shifts from nowhere but their own structure. All are trained in one precision, whichever
        would be faster for each.
        """
        if quick:
            samples = {part: dataset.splits[part].take(n) for part, n in QUICK_IMAGES.items()}
            dataset = dataclasses.replace(dataset, **samples)
        epochs = min(max(round(IMAGES_TO_SEE / len(dataset.train)), 1), MOST_EPOCHS)
        form = QUICK_RECIPE if quick else {"epochs": epochs}
        recipe = Recipe.load("fashion_mnist_fast", flip=None, shift=0, precision="float32", seed=seed, **form)
        return cls(dataset, Path(folder), recipe, quick)

    def training(self, name, make_model, **options):
        """A ``Training`` on the lab's data with the lab's recipe, unless ``options`` say otherwise."""
        return Training(name, make_model, **{"dataset": self.dataset, "recipe": self.recipe, **options})

    def train(self, trainings):
        """Trains what is not trained yet; stopped trainings go on.

        Args:
            trainings: list of ``Training`` with different names.

        Returns:
            ``{name: path of the .keras file of the best epoch}``.

        Raises:
            EdgezooError: ``runs/`` holds others.
            Interrupted: a training was stopped.
        """
        from ..train import fit_tuned

        paths = {}
        for number, training in enumerate(trainings, start=1):
            note(f"{number}/{len(trainings)} train {training.name}")
            run = self.folder / "runs" / training.name
            result = fit_tuned(training.make_model, training.dataset, run, training.recipe, training.tuning)
            paths[training.name] = self.folder / "models" / f"{training.name}.keras"
            copy(result.model_path, paths[training.name])
        return paths

    def export(self, path, sizes=()):
        """int8 files of a trained network.

        Args:
            path: ``.keras`` file.
            sizes: sides in pixels, for a network of any size.

        Returns:
            List of paths, one a size, or one in all.

        Raises:
            EdgezooError: the network has a size of its own, or cannot be converted.
        """
        from ..export import Calibration, export_model

        calibration = Calibration.draw(self.dataset, seed=self.recipe.seed)
        return export_model(
            path, self.folder / "exported" / path.stem, ("int8",), calibration=calibration, input_sizes=sizes
        )

    def evaluate(self, paths, dataset=None):
        """Accuracy of files on the test images, the lab's or those of another ``dataset``.

        Returns:
            The document of ``evaluate_files`` with other ``results``, one dict of columns a file: ``params``, ``macs``,
            ``n`` test images, ``top1`` with the 95 % interval ``top1_low`` to ``top1_high`` (shares), ``file`` and
            ``sha256``.
        """
        from ..evaluate import evaluate_files
        from ..inspection import describe

        document = evaluate_files(paths, dataset or self.dataset)
        columns = []
        for result in document["results"]:
            summary = describe(result["file"], tuple(result["input_shape"]))
            low, high = result["top1_ci95"]
            columns.append(
                {
                    "params": summary.params,
                    "macs": summary.macs,
                    "n": result["n"],
                    "top1": result["top1"],
                    "top1_low": low,
                    "top1_high": high,
                    **self.identity(result),
                }
            )
        return {**document, "results": columns}

    def benchmark(self, paths):
        """Latency of files on this machine, one thread.

        Returns:
            One dict of columns a file: ``p5_ms``, ``p50_ms`` and ``p95_ms`` (milliseconds an image), and how many of
            its ``operators`` are ``delegated`` to XNNPACK.
        """
        from ..evaluate import benchmark_files

        note(f"latency of {len(paths)} files")
        form = {"min_runs": 10, "min_seconds": 0.1} if self.quick else {}
        return [
            {
                **{f"{p}_ms": result["latency_ms"][p] for p in ("p5", "p50", "p95")},
                "delegated": result["delegated"]["operators"],
                "operators": result["delegated"]["of"],
            }
            for result in benchmark_files(paths, **form)["results"]
        ]

    def identity(self, file):
        """``file``, relative to the folder, and ``sha256`` of what ``runtime.runners.describe_file`` tells."""
        return {"file": os.path.relpath(file["file"], self.folder), "sha256": file["sha256"]}
