"""Things of one kind, found by name: the ones that ship, and those that other packages bring along.

Another package adds its own by an entry point, in its ``setup.cfg`` for example::

    [options.entry_points]
    edgezoo.experiments =
        rotation = my_package.rotation:EXPERIMENT
"""

import functools
import importlib
from collections.abc import Mapping
from importlib import metadata

from .errors import EdgezooError, UnknownName
from .text import one_line


class Registry(Mapping):
    """Name → thing, in the order in which things are shown; looked for at the first use.

    Args:
        kind: what a thing is, for messages: ``"experiment"``.
        group: of entry points, whose objects are things or tuples of things.
        ours: function without arguments that returns the things that ship; see ``from_modules``.
        read: function from an entry point to its thing; by default what it loads.
        remedy: for messages, where the names can be seen; ``{names}`` stands for all of them.

    Raises:
        UnknownName: from ``registry[name]``, with the nearest names.
        EdgezooError: at the first use, if two things have the same name or an entry point cannot be loaded.
    """

    def __init__(self, kind, group, ours, read=metadata.EntryPoint.load, remedy="there are {names}"):
        self.kind, self.group, self._ours, self._read, self._remedy = kind, group, ours, read, remedy

    @functools.cached_property
    def _things(self):
        found = [*self._ours()]
        for point in plugins(self.group):
            loaded = loaded_plugin(point, self._read)
            found += loaded if isinstance(loaded, (list, tuple)) else [loaded]
        things = {}
        for thing in found:
            if thing.name in things:
                raise EdgezooError(f"two {self.kind}s are named {thing.name!r}; rename or uninstall one.")
            things[thing.name] = thing
        return things

    def __getitem__(self, name):
        if name not in self._things:
            remedy = self._remedy.format(names=", ".join(self._things))
            raise UnknownName(self.kind, name, self._things, remedy)
        return self._things[name]

    def __contains__(self, name):
        return name in self._things

    def __iter__(self):
        return iter(self._things)

    def __len__(self):
        return len(self._things)


def from_modules(package, modules, attribute):
    """The ``ours`` of a ``Registry`` with one module a thing.

    Args:
        package: that the modules lie in.
        modules: their names, in the order in which things are shown.
        attribute: under which each has its thing, or a tuple of several.
    """

    def things():
        for module in modules:
            found = getattr(importlib.import_module(f".{module}", package), attribute)
            yield from found if isinstance(found, tuple) else (found,)

    return things


def plugins(group):
    """Entry points of installed packages in a group, by name; a package that is found twice counts once."""
    return sorted(set(metadata.entry_points(group=group)), key=lambda point: point.name)


def loaded_plugin(point, read=metadata.EntryPoint.load):
    """What an entry point leads to; an ``EdgezooError`` that names it where it leads nowhere."""
    try:
        return read(point)
    except Exception as error:  # another package's code may raise anything
        raise EdgezooError(
            f"{point.value}, which an installed package adds to {point.group}, cannot be loaded: "
            f"{one_line(error, 300)}; mend or uninstall that package."
        ) from error
