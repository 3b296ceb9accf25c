"""What a model's classes are called."""

from ..common.errors import EdgezooError
from ..export.class_names import known_class_names
from ..export.labels import read_labels


def class_names(path, classes, labels=None):
    """Names of the classes that a model file tells apart.

    Args:
        path: the model file.
        classes: how many there are.
        labels: text file with one name a line. ``None`` takes what the file or its surroundings tell
            (:func:`~edgezoo.export.class_names.known_class_names`).

    Returns:
        Sequence of ``classes`` texts; the numbers where nobody tells the names.

    Raises:
        EdgezooError: ``labels`` is no such file, or has more or fewer lines than there are classes.
    """
    if labels is not None:
        names = read_labels(labels)
        if len(names) != classes:
            raise EdgezooError(f"{labels} has {len(names)} lines, but {path} tells {classes} classes apart.")
        return names
    known = known_class_names(path, classes)
    return known.names if known else [f"class {number}" for number in range(classes)]
