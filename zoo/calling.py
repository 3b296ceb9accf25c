"""Calls of a network that may be a stranger's: whatever its layers make TensorFlow raise is one line."""

import contextlib
import re

import numpy as np

from ..common.errors import EdgezooError, is_lack_of_memory
from ..common.text import one_line

#: Side of the image for a network that takes any.
_SIDE = 64


@contextlib.contextmanager
def calling(name):
    """While entered, an error is one of the network: a layer's settings are often first used when it is called.

    Args:
        name: of the model or its file.

    Raises:
        EdgezooError: for any error but the lack of memory.
    """
    try:
        yield
    except EdgezooError:
        raise
    except Exception as error:
        if is_lack_of_memory(error):
            raise
        raise EdgezooError(f"{name} cannot be run: {gist_of_call(error)[:300].rstrip('.')}.") from error


def gist_of_call(error):
    """What an error of TensorFlow's or Keras' says, without arguments and colours; where it came from is named."""
    gist = re.sub(r"\x1b\[\d*m", "", one_line(error))
    where = re.search(r"Exception encountered when calling (\w+)\.call\(\)\. ", gist)
    gist = gist[where.end() :] if where else gist
    gist = re.split(r" Arguments received by | \[Op:| Detected at node ", gist)[0]
    node = re.search(r"\{\{node ([^}]+)/", gist)  # of a graph, in which the layers' names are those of scopes
    gist = re.sub(r"\{\{.*?\}\} ?|\[\[.*?\]\]", "", gist).strip()
    inner = where and where[1] not in ("Functional", "Sequential")  # whose errors name the layer themselves
    if inner:
        return f"its {where[1]} layer: {gist}"
    return f"{gist} (in {node[1]})" if node else gist


def try_call(model, name):
    """Calls a network once, on zeros of its own input shapes.

    Args:
        model: functional or sequential ``keras.Model``.
        name: of the model or its file.

    Raises:
        EdgezooError: it cannot be called.
    """
    from .copying import as_input

    def zeros(tensor):
        batch, *sides = tensor.shape
        return np.zeros([batch or 1, *(_SIDE if side is None else side for side in sides)], tensor.dtype)

    with calling(name):
        model(as_input(model, list(map(zeros, model.inputs))), training=False)
