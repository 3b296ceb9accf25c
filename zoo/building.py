"""Networks out of configurations that strangers wrote: their size is known before it takes any memory."""

import contextlib
import math

import keras

from ..common.errors import EdgezooError


def built(make, *checks):
    """The network that ``make`` builds, with initial weights, after ``checks`` of it.

    Weights take no memory until the checks have passed: those that a layer of 10^8 units asks for are counted first.

    Args:
        make: function without arguments that builds the network, which may be called twice.
        *checks: functions of the network that raise an ``EdgezooError`` where it shall not be; it has no values yet.

    Raises:
        EdgezooError: it is no model, or its weights are more than the free memory; half a sentence that says which.
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
    except BaseException:
        # Else the next network that is built would initialize them.
        global_state.set_global_attribute("uninitialized_variables", [])
        raise
    with keras.StatelessScope():
        pass


def _checked(model, checks):
    import psutil

    if not isinstance(model, keras.Model):
        raise EdgezooError(f"it holds a {type(model).__name__}, which is no model")
    needed, free = bytes_of(model.variables), psutil.virtual_memory().available
    if needed > free:
        layer = max(model._flatten_layers(include_self=False, recursive=True), key=_own_bytes)
        raise EdgezooError(
            f"its weights take {needed / 1e9:.1f} GB of memory, most of them those of layer {layer.name!r}, "
            f"and {free / 1e9:.1f} GB are free"
        )
    for check in checks:
        check(model)
    return model


def bytes_of(variables):
    """Memory that Keras variables take, or will take."""
    return sum(math.prod(each.shape) * _width(each.dtype) for each in variables)


def _own_bytes(layer):
    return bytes_of(layer._trainable_variables + layer._non_trainable_variables)


def _width(dtype):
    return 8 if dtype in ("string", "bool") else max(int("".join(filter(str.isdigit, dtype))) // 8, 1)
