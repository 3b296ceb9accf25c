"""The recipe by which a trained network is compressed."""

import dataclasses

from ..common.progress import note
from ..train.recipe import Recipe
from ..train.run_folder import record_beside

#: What a network saw and was told in its training, and should go on with: one that is so small that it was trained
#: without augmentation would lose by it.
_AS_TRAINED = (
    *("label_smoothing", "flip", "crop", "jitter", "shift", "erase", "randaugment", "mixup", "cutmix"),
    *("class_weights", "sampling"),
)


def usual_recipe(method):
    """Name of the recipe for a method: what becomes zero or alike needs larger steps than what is rounded."""
    return "qat" if method == "qat" else "compress"


def as_trained(recipe):
    """Those settings of a run's recipe, a dict as in ``run.json``, that a compression keeps."""
    return {key: recipe[key] for key in _AS_TRAINED if key in recipe}


def recipe_for(model_path, method, name_or_path=None, /, **overrides):
    """The recipe for compressing a network.

    Args:
        model_path: its ``.keras`` file.
        method: item of ``METHODS``.
        name_or_path: as for ``Recipe.load``; ``None`` for the recipe that ``usual_recipe`` names, with the
            augmentation, the smoothing of labels and the weighting of classes that the file's own run had, if it lies
            in its run's folder.
        **overrides: settings that replace those.

    Raises:
        UnknownName: no such recipe or setting.
        EdgezooError: the recipe cannot be read, or a value is wrong.
    """
    if name_or_path is not None:
        return Recipe.load(name_or_path, **overrides)
    usual = Recipe.load(usual_recipe(method), **overrides)
    kept = as_trained((record_beside(model_path) or {}).get("recipe", {}))
    kept = {key: value for key, value in kept.items() if key not in overrides}
    changed = {key: value for key, value in kept.items() if value != getattr(usual, key)}
    if changed:
        note(f"as in the run that it comes from: {', '.join(f'{key} {value}' for key, value in changed.items())}")
    return dataclasses.replace(usual, **changed)
