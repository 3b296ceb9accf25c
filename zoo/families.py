"""The families: kinds of networks, each with one function that builds it."""

import dataclasses
import functools
from collections.abc import Callable

from ..common.quiet import quiet_import
from ..common.registry import Registry, loaded_plugin

#: Family → the module of this folder that has the function of its name, in the order in which they are shown. A new
#: family is such a module and a line here.
HOMES = {
    "FeedForward": "feed_forward",
    "PooledCNN": "pooled_cnn",
    "StridedCNN": "strided_cnn",
    "GlobalPoolCNN": "global_pool_cnn",
    "Ensemble": "ensemble",
    "Backbone": "backbone",
}


@dataclasses.dataclass(frozen=True)
class Family:
    """A kind of network.

    Attributes:
        name: what ``register`` takes.
        load: function without arguments that returns the builder, and imports what that needs.
    """

    name: str
    load: Callable

    @property
    def builder(self):
        """The function that builds a network; it takes ``input_shape``, ``classes`` and ``name`` and returns a
        ``keras.Model``.

        Raises:
            EdgezooError: another package's builder cannot be loaded.
        """
        return self.load()


def _ours():
    return [Family(name, functools.partial(_builder, name)) for name in HOMES]


def _builder(name):
    return getattr(quiet_import(f".{HOMES[name]}", __package__), name)


#: Name → ``Family``. An entry point of another package has the family's name and leads to its builder.
FAMILIES = Registry(
    "family",
    "edgezoo.families",
    _ours,
    read=lambda point: Family(point.name, functools.partial(loaded_plugin, point)),
)
