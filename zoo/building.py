"""Networks out of configurations that strangers wrote: their size is known before it takes any memory."""

import contextlib
import math

import keras

from ..common.errors import EdgezooError
from ..common.images import MOST_NUMBERS
from ..common.text import dimensions


def built(make, *checks):
    """The network that ``make`` builds, with initial weights, after ``checks`` of it.

    Weights take no memory until the checks have passed: those that a layer of 10^8 units asks for are counted first.

    Args:
        make: function without arguments that builds the network, which may be called twice.
        *checks: functions of the network that raise an ``EdgezooError`` where it shall not be; it has no values yet.

    Raises:
        EdgezooError: it is no model, its inputs are not known or larger than ``MOST_NUMBERS``, or its weights or what a
            layer makes of one image are more than the free memory; half a sentence that says which.
    """
    try:
        with _deferred():
            return _checked(make(), checks)
    except ValueError as error:
        if "in a stateless scope" not in str(error):
            raise
    return _checked(make(), checks)  # a layer of the user's own makes a variable of a value


@contextlib.contextmanager
def _deferred():
    """While entered, variables are known by shape and type alone; on leaving, they get their initial values."""
    from keras.src.backend.common import global_state

    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
        with keras.StatelessScope():
            pass
    except BaseException:
        # Else the next network that is built would initialize them.
        global_state.set_global_attribute("uninitialized_variables", [])
        raise


def _checked(model, checks):
    import psutil

    if not isinstance(model, keras.Model):
        raise EdgezooError(f"it holds a {type(model).__name__}, which is no model")
    if not getattr(model, "inputs", None):
        raise EdgezooError(
            f"its {type(model).__name__} does not tell its inputs; build it as a functional model, "
            "keras.Model(inputs, outputs), or give its Sequential an Input"
        )
    needed, free = bytes_of(model.variables), psutil.virtual_memory().available
    if needed > free:
        layer = max(model._flatten_layers(include_self=False, recursive=True), key=_own_bytes)
        raise EdgezooError(
            f"its weights take {needed / 1e9:.1f} GB of memory, most of them those of layer {layer.name!r}, "
            f"and {free / 1e9:.1f} GB are free"
        )
    _require_possible_tensors(model, free)
    for check in checks:
        check(model)
    return model


def _require_possible_tensors(model, free):
    """Refuses a network of which a call on one image cannot be made with ``free`` bytes; open sides count as 1."""
    for tensor in model.inputs:
        if _numbers(tensor) > MOST_NUMBERS:
            raise EdgezooError(
                f"its input {tensor.name!r} is {dimensions(tensor.shape[1:])}"
                f"{f' in batches of {tensor.shape[0]}' if tensor.shape[0] else ''}, "
                f"{_numbers(tensor):,} numbers, and {MOST_NUMBERS:,} are the most that are taken"
            )
    for layer in model._flatten_layers(recursive=True):
        for node in layer._inbound_nodes:
            needed = max((_width(each.dtype) * _numbers(each) for each in node.outputs), default=0)
            if needed > free:
                size = f"{needed / 1e9:.1f} GB of one image, and {free / 1e9:.1f} GB are free"
                raise EdgezooError(f"its layer {layer.name!r} makes {size}")


def _numbers(tensor):
    return math.prod(side or 1 for side in tensor.shape)


def bytes_of(variables):
    """Memory that Keras variables take, or will take."""
    return sum(math.prod(each.shape) * _width(each.dtype) for each in variables)


def _own_bytes(layer):
    return bytes_of(layer._trainable_variables + layer._non_trainable_variables)


def _width(dtype):
    return 8 if dtype in ("string", "bool") else max(int("".join(filter(str.isdigit, dtype))) // 8, 1)
