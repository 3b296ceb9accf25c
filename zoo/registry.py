"""Named models: which there are, and how each is built. Imports no TensorFlow until one is built."""

import fnmatch
import functools
import inspect

from ..common.errors import EdgezooError, UnknownName
from ..common.registry import loaded_plugin, plugins
from ..common.text import one_line
from . import entries, models  # noqa: F401  (models.py enters those that ship)
from .imagenet import IMAGENET, IMAGENET_CLASSES
from .weights import datasets_with_weights, load_trained, record_of, require_offered

# From here, and not from entries.py, so that the names that ship are taken before a caller's own come in.
register = entries.register


@functools.cache
def _enter_plugins():
    """Loads other packages' models, which enter themselves; once."""
    for point in plugins("edgezoo.models"):
        loaded_plugin(point)


def _entries():
    _enter_plugins()
    return entries.ENTRIES


def list_models(pattern="*"):
    """Names of the registered models that match a shell pattern such as ``"strided*"``, smallest size first.

    Args:
        pattern: as for ``fnmatch``; case does not matter.

    Returns:
        List of names, family by family in the order of registration; empty if none matches.
    """
    return [name for name in _entries() if fnmatch.fnmatch(name, pattern.lower())]


def entry(name):
    """The ``Entry`` of a name; ``UnknownName`` with the nearest names if there is none."""
    known = _entries()
    if name not in known:
        raise UnknownName("model", name, known, "`edgezoo list` shows them all")
    return known[name]


def build(name, /, *, weights=None, **overrides):
    """Builds a named model.

    Args:
        name: a name of ``list_models()``.
        weights: ``None``, the path of a weights file (see ``starting.start_from``), or a data set that ``edgezoo list``
            shows weights for, such as ``"fashion_mnist"``; ``input_shape`` and ``classes`` are then that data set's by
            default, for ``"imagenet"`` ``classes`` alone. With another number of ``classes``, or ``include_top=False``,
            the layers below the classifier get them.
        **overrides: arguments of the family's builder that replace the named size's, e.g. ``input_shape=(96, 96, 3)``
            or ``dropout=0.2``.

    Returns:
        A functional ``keras.Model``.

    Raises:
        UnknownName: no such model or weights, or the family has no such argument.
        EdgezooError: an argument is out of range; the message is the builder's.
    """
    found = entry(name)
    arguments = inspect.signature(found.builder).parameters
    for argument in overrides:
        if argument not in arguments:
            raise UnknownName(f"option of {name}", argument, arguments, f"it takes {', '.join(arguments)}")
    if weights is not None:
        require_offered(name, weights)
    shipped = weights in datasets_with_weights(name) and weights != IMAGENET
    if shipped:
        record = record_of(name, weights)
        overrides = {"input_shape": tuple(record["input_shape"]), "classes": record["classes"], **overrides}
    elif weights is not None:
        overrides = {**({"classes": IMAGENET_CLASSES} if weights == IMAGENET else {}), **overrides, "weights": weights}
    try:
        model = found.builder(**{"name": name, **found.settings, **overrides})
    except (ValueError, TypeError) as error:
        raise EdgezooError(f"cannot build {name}: {one_line(error)}") from error
    if shipped:
        load_trained(model, name, weights)
    return model
