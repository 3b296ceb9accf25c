"""What is wrong with a damaged ``.tflite`` file, in words."""

import contextlib

from ..common.errors import EdgezooError


class Damage(Exception):
    """Says what contradicts itself in a file; whoever knows the file's name makes an ``EdgezooError`` of it."""


@contextlib.contextmanager
def naming_damage(name):
    """What goes wrong inside is an ``EdgezooError`` that says that the file ``name`` is damaged.

    For work on a file whose records were read: operators may still have too few inputs, or shapes that do not fit.
    """
    try:
        yield
    except Damage as damage:
        raise EdgezooError(f"{name} is damaged: {damage}.") from damage
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise EdgezooError(f"{name} is damaged: its operators and tensors do not fit together.") from error
