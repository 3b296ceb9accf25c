"""Which of a network's layers are shown, and under which names."""

import collections
from fnmatch import fnmatchcase

from ..common.errors import EdgezooError
from ..inspection.scopes import nth_call

#: Layers in one figure, unless a pattern asks for more.
_LAYERS = 8


def by_name(flat):
    """Name → ``Step`` of a ``zoo.flattening.Flat``, branch by branch; the second call of ``conv`` is ``conv:2``."""
    names, calls = {}, collections.Counter()
    for step in flat.steps:
        calls[step.path] += 1
        names[id(step)] = nth_call(step.path, calls[step.path])
    return {names[id(step)]: step for step in _branch_by_branch(flat)}


def _branch_by_branch(flat):
    """The steps such that each stands behind what it reads, at once where it can.

    Keras' own order goes by the distance from the output, in which the members of an ensemble alternate, the first one
    last.
    """
    import keras

    left = [(step, set(map(id, step.reads))) for step in flat.steps]
    newest = made = set(map(id, flat.network.inputs))
    while left:
        ready = [each for each in reversed(left) if each[1] <= made]
        chosen = next((each for each in ready if each[1] & newest), ready[0])
        left.remove(chosen)
        newest = set(map(id, keras.tree.flatten(chosen[0].output)))
        made = made | newest
        yield chosen[0]


def rank(step):
    """Number of dimensions of a step's one output, the batch included; 0 of several outputs."""
    return len(getattr(step.output, "shape", ()))


def choose(names, pattern, what):
    """The names, in order, that fit a shell pattern.

    A layer of a nested model has a name like ``backbone/conv``. A pattern without ``/`` also fits it by one part:
    ``conv`` wherever it stands, and ``backbone`` for all that is inside.

    Raises:
        EdgezooError: none does; all are listed.
    """
    chosen = [name for name in names if any(fnmatchcase(part, pattern) for part in (name, *name.split("/")))]
    if not chosen:
        raise EdgezooError(f"no layer with {what} fits {pattern!r}; there are: {', '.join(names)}.")
    return chosen


def spread(layers):
    """At most ``_LAYERS`` of a list, evenly, with the first and the last."""
    if len(layers) <= _LAYERS:
        return layers
    return [layers[round(k * (len(layers) - 1) / (_LAYERS - 1))] for k in range(_LAYERS)]
