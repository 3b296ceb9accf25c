"""Named models: what one is, and the table that they are entered in."""

import dataclasses
from collections.abc import Callable

from .families import FAMILIES


@dataclasses.dataclass(frozen=True)
class Entry:
    """A named size of a family.

    Attributes:
        name: what ``build`` is called with.
        family: name of a family, or a builder of the caller's own.
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
        return self.family if callable(self.family) else FAMILIES[self.family].builder

    @property
    def family_name(self):
        """Name of the family, or of the caller's own builder."""
        return self.family.__name__ if callable(self.family) else self.family


#: Name → ``Entry``, in the order of registration.
ENTRIES: dict[str, Entry] = {}


def register(family):
    """Decorator that adds a named model to the registry.

    The decorated function returns the builder's settings; its name becomes the model's name and the first line of its
    docstring the summary::

        @register("StridedCNN")
        def strided_xl():
            "Strided convolutions, for large images."
            return {"filters": (64, 128, 256), "blocks": 3}

    A package whose models are to be there without being imported names such functions as entry points of the group
    ``edgezoo.models``.

    Args:
        family: name of a family of the zoo, or any function that returns a Keras model and takes ``input_shape``,
            ``classes`` and ``name``.

    Raises:
        UnknownName: there is no such family.
        ValueError: the name is taken.
    """
    if not callable(family):
        FAMILIES[family]  # a wrong name is said here, not when the model is built

    def add(settings):
        name = settings.__name__
        if name in ENTRIES:
            raise ValueError(f"a model of this name is registered already. Received: {name!r}")
        ENTRIES[name] = Entry(name, family, settings(), (settings.__doc__ or "").strip().partition("\n")[0])
        return settings

    return add
