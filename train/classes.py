"""Whether a trained model's classes are those of a data set."""

from ..common.errors import EdgezooError
from ..common.same_names import listed, only_numbered, places_by_name
from .run_folder import record_beside


def require_same_classes(model, dataset):
    """Refuses a model that was trained on other classes than a data set has, where its run tells them.

    Names that differ in case or separators are the same, and those that only number the classes are no names.

    Args:
        model: path of the model's file.
        dataset: ``Dataset``.

    Raises:
        EdgezooError: the classes are others, or in another order.
    """
    trained_on = (record_beside(model) or {}).get("dataset")
    names = trained_on.get("class_names") if isinstance(trained_on, dict) else None
    if not (names and isinstance(names, list)):
        return
    names, classes = list(map(str, names)), dataset.class_names
    in_order = len(names) == len(classes) and places_by_name(classes, names) == tuple(range(len(names)))
    if not (in_order or only_numbered(names) or only_numbered(classes)):
        raise EdgezooError(
            f"{model} was trained on the classes {listed(names, classes)}, but {dataset.name} has "
            f"{listed(classes, names)}; they must be the same, in the same order."
        )
