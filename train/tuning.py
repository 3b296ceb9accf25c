"""fit_tuned: a training, and a second one behind it with batch normalization fixed."""

from pathlib import Path

import keras

from ..common.errors import Interrupted
from .loop import fit


def fit_tuned(make_model, dataset, run_dir, recipe, tuning=None, teachers=()):
    """Builds, trains and tunes a network; stopped anywhere, the same call goes on.

    Args:
        make_model: function without arguments that returns the untrained ``keras.Model``.
        dataset: ``Dataset``.
        run_dir: run folder of the training; the tuning's is ``RUN_DIR_tuning`` beside it.
        recipe: ``Recipe``; its seed is that of the first weights, too.
        tuning: ``Recipe`` of a second training, in which batch normalization takes its averages instead of each batch's
            own statistics, as it will when the network is used. That matters where batches differ from each other, as
            those of different image sizes do. ``None`` for none.
        teachers: ``Teacher`` objects, of both trainings.

    Returns:
        The last training's ``RunResult``.

    Raises:
        EdgezooError: as ``fit``.
        Interrupted: a training was stopped.
    """
    run_dir = Path(run_dir)
    keras.utils.set_random_seed(recipe.seed)
    model = make_model()
    result = _finished(model, dataset, run_dir, recipe, teachers)
    if tuning:
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False
        result = _finished(model, dataset, run_dir.with_name(f"{run_dir.name}_tuning"), tuning, teachers)
    return result


def _finished(model, dataset, run_dir, recipe, teachers):
    result = fit(model, dataset, run_dir, recipe, resume=True, teachers=teachers)
    if result.interrupted:
        raise Interrupted(f"the training in {result.run_dir} was stopped; the same command goes on.")
    return result
