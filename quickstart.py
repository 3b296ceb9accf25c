"""The main job in one go, from a builder to a report."""

import dataclasses

from .common.errors import Interrupted
from .common.files import copy, output_folder
from .common.progress import note
from .common.quiet import import_keras

SCHEMES = ("float32", "float16", "dynamic", "int8")
#: Training images to see, over all epochs: minutes on two cores, and past the steep part of the learning curve.
IMAGES_TO_SEE = 500_000
MAX_EPOCHS = 60
#: Side above which images are photographs to the choice of a network.
PHOTOGRAPHS = 48


@dataclasses.dataclass(frozen=True)
class Start:
    """What a quickstart begins with.

    Attributes:
        model: a named model.
        weights: as for ``build``; ``None`` for random ones.
        recipe: name of the recipe; ``None`` for the default one.
    """

    model: str
    weights: str | None
    recipe: str | None


def start_for(dataset, model=None, weights=None):
    """The ``Start`` that suits a ``Dataset``, as far as it is not given.

    For photographs it is a network that pools globally, since one that flattens has most of its weights in the head
    there, and the weights that ship for colour. ImageNet's, or those of a file, are for the smallest backbone.
    """
    if model is None and weights is None and max(dataset.input_shape[:2]) > PHOTOGRAPHS:
        model, weights = "global_l", "cifar10"
    model = model or ("mobilenet_025" if weights else "strided_s")
    return Start(model, weights, "finetune" if weights else None)


def quickstart(dataset, folder, *, model=None, weights=None):
    """Builds, trains, exports in four number formats, evaluates, times and reports.

    A second call on the same folder goes on where the first was interrupted; what is finished is not done again.

    Args:
        dataset: ``edgezoo.datasets.Dataset``.
        folder: where all of it goes: ``model.keras`` and the training record in ``run/``, the bundle in ``bundle/``,
            ``report.html``, ``results.json``, ``results.csv`` beside them.
        model: a named model.
        weights: that it begins with, as for ``build``; where both are ``None``, ``start_for`` chooses.

    Returns:
        The document of ``edgezoo compare``.

    Raises:
        EdgezooError: a step failed.
        Interrupted: training was stopped by Ctrl-C, SIGTERM or SIGHUP.
    """
    keras = import_keras()
    from .evaluate import compare_files
    from .export import Calibration, export_model
    from .train import Recipe, fit
    from .zoo import build

    folder, start = output_folder(folder, "the quickstart"), start_for(dataset, model, weights)
    model, recipe = start.model, Recipe.load(start.recipe)
    most = recipe.epochs if start.recipe else MAX_EPOCHS
    epochs = min(max(round(IMAGES_TO_SEE / len(dataset.train)), 2), most)
    recipe = dataclasses.replace(recipe, epochs=epochs)

    note(f"1/3 build and train {model} on {dataset.name}: {len(dataset.train):,} images, {epochs} epochs")
    keras.utils.set_random_seed(recipe.seed)
    shapes = {"input_shape": dataset.input_shape, "classes": len(dataset.class_names)}
    network = build(model, weights=start.weights, **shapes)
    result = fit(network, dataset, folder / "run", recipe, resume=True)
    if result.interrupted:
        raise Interrupted(
            f"training was stopped; the same command goes on, and {result.model_path} is the best so far."
        )

    # Exported files carry the name of the model file, and «model_int8.tflite» says little on a device.
    trained = folder / f"{model}.keras"
    copy(result.model_path, trained)

    note(f"2/3 export {', '.join(SCHEMES)}")
    calibration = Calibration.draw(dataset, seed=recipe.seed)
    # Backbones of depthwise layers lose half a point in int8, and hardly anything with it.
    corrects = start.weights is not None
    exported = export_model(trained, folder / "bundle", SCHEMES, calibration=calibration, correct_bias=corrects)

    note("3/3 evaluate, time and report")
    return compare_files([trained, *exported], dataset, folder, title=f"{model} on {dataset.name}")
