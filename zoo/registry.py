"""Named models: which there are, and how each is built. Imports no TensorFlow until one is built."""

import dataclasses
import fnmatch
import inspect
from collections.abc import Callable
from pathlib import Path

from ..common.errors import EdgezooError, UnknownName
from .weights import load_trained, record_of


@dataclasses.dataclass(frozen=True)
class Entry:
    """A named size of a family.

    Attributes:
        name: what ``build`` is called with.
        family: name of the builder in ``edgezoo.zoo``, or a builder of the caller's own.
        settings: the builder's arguments that make this size.
        summary: one line for people.
    """

    name: str
    family: str | Callable
    settings: dict
    summary: str

    @property
    def builder(self):
        """The family's builder function."""
        if callable(self.family):
            return self.family
        from .. import zoo

        return getattr(zoo, self.family)


_ENTRIES: dict[str, Entry] = {}


def register(family):
    """Decorator that adds a named model to the registry.

    The decorated function returns the builder's settings; its name becomes the model's name and the first line of its
    docstring the summary::

        @register("StridedCNN")
        def strided_xl():
            "Strided convolutions, for large images."
            return {"filters": (64, 128, 256), "blocks": 3}

    Args:
        family: name of a family of the zoo, or any function that returns a Keras model and takes ``input_shape``,
            ``classes`` and ``name``.

    Raises:
        ValueError: the name is taken.
    """

    def add(settings):
        name = settings.__name__
        if name in _entries():
            raise ValueError(f"a model of this name is registered already. Received: {name!r}")
        _ENTRIES[name] = Entry(name, family, settings(), (settings.__doc__ or "").strip().partition("\n")[0])
        return settings

    return add


def _entries():
    # models.py fills the registry through the decorator above, so it can only be imported once that exists.
    from . import models  # noqa: F401

    return _ENTRIES


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
    entries = _entries()
    if name not in entries:
        raise UnknownName("model", name, entries, "`edgezoo list` shows them all")
    return entries[name]


def build(name, /, *, weights=None, **overrides):
    """Builds a named model.

    Args:
        name: a name of ``list_models()``.
        weights: ``None``, the path of a weights file, or a data set that ``edgezoo list`` shows weights for, such as
            ``"fashion_mnist"``; ``input_shape`` and ``classes`` are then that data set's by default. With another
            number of ``classes``, or ``include_top=False``, the layers below the classifier get them.
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
    # A file's name has a suffix; a data set's has none.
    dataset = weights if weights is not None and not Path(weights).suffix else None
    if dataset is not None:
        record = record_of(name, dataset)
        overrides = {"input_shape": tuple(record["input_shape"]), "classes": record["classes"], **overrides}
    elif weights is not None:
        overrides["weights"] = weights
    try:
        model = found.builder(**{"name": name, **found.settings, **overrides})
    except (ValueError, TypeError) as error:
        raise EdgezooError(f"cannot build {name}: {' '.join(str(error).split())}") from error
    if dataset is not None:
        load_trained(model, name, dataset)
    return model
