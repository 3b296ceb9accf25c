"""Which of a network's layers are shown."""

from fnmatch import fnmatchcase

from ..common.errors import EdgezooError

#: Layers in one figure, unless a pattern asks for more.
_LAYERS = 8


def choose(names, pattern, what):
    """The names, in order, that fit a shell pattern.

    Raises:
        EdgezooError: none does; all are listed.
    """
    chosen = [name for name in names if fnmatchcase(name, pattern)]
    if not chosen:
        raise EdgezooError(f"no layer with {what} fits {pattern!r}; there are: {', '.join(names)}.")
    return chosen


def spread(layers):
    """At most ``_LAYERS`` of a list, evenly, with the first and the last."""
    if len(layers) <= _LAYERS:
        return layers
    return [layers[round(k * (len(layers) - 1) / (_LAYERS - 1))] for k in range(_LAYERS)]
