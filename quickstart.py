"""The main job in one go, from a builder to a report."""

from .common.errors import Interrupted
from .common.files import copy, output_folder
from .common.progress import note
from .common.quiet import import_keras

SCHEMES = ("float32", "float16", "dynamic", "int8")
#: Training images to see, over all epochs: minutes on two cores, and past the steep part of the learning curve.
IMAGES_TO_SEE = 500_000
MAX_EPOCHS = 60


#: Side from which on images are photographs to the choice of a network.
PHOTOGRAPHS = 48


def network_for(dataset):
    """The name of the model to begin with on a ``Dataset``.

    For photographs it is one that pools globally: what flattens has most of its weights in the head there.
    """
    return "global_s" if max(dataset.input_shape[:2]) > PHOTOGRAPHS else "strided_s"


def quickstart(dataset, folder, *, model=None):
    """Builds, trains, exports in four number formats, evaluates, times and reports.

    A second call on the same folder goes on where the first was interrupted; what is finished is not done again.

    Args:
        dataset: ``edgezoo.datasets.Dataset``.
        folder: where all of it goes: ``model.keras`` and the training record in ``run/``, the bundle in ``bundle/``,
            ``report.html``, ``results.json``, ``results.csv`` beside them.
        model: a named model; ``None`` for ``network_for`` the images.

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

    folder, model = output_folder(folder, "the quickstart"), model or network_for(dataset)
    epochs = min(max(round(IMAGES_TO_SEE / len(dataset.train)), 2), MAX_EPOCHS)
    recipe = Recipe.load(None, epochs=epochs)

    note(f"1/3 build and train {model} on {dataset.name}: {len(dataset.train):,} images, {epochs} epochs")
    keras.utils.set_random_seed(recipe.seed)
    network = build(model, input_shape=dataset.input_shape, classes=len(dataset.class_names))
    result = fit(network, dataset, folder / "run", recipe, resume=True)
    if result.interrupted:
        raise Interrupted(
            f"training was stopped; the same command goes on, and {result.model_path} is the best so far."
        )

    # Exported files carry the name of the model file, and «model_int8.tflite» says little on a device.
    trained = folder / f"{model}.keras"
    copy(result.model_path, trained)

    note(f"2/3 export {', '.join(SCHEMES)}")
    exported = export_model(
        trained, folder / "bundle", SCHEMES, calibration=Calibration.draw(dataset, seed=recipe.seed)
    )

    note("3/3 evaluate, time and report")
    return compare_files([trained, *exported], dataset, folder, title=f"{model} on {dataset.name}")
