"""Checks of builders' arguments, in the manner of Keras: a ``ValueError`` that names the argument."""


def require_choice(argument, value, choices):
    """Raises the ``ValueError`` of an argument that takes one of a few values."""
    if value not in choices:
        raise ValueError(f"`{argument}` must be one of {', '.join(map(repr, choices))}. Received: {argument}={value!r}")


def require_positive(argument, value):
    """Raises the ``ValueError`` of an argument that takes positive whole numbers (one, or several)."""
    values = value if isinstance(value, (tuple, list)) else (value,)
    if not values or not all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values):
        raise ValueError(f"`{argument}` must be positive whole numbers. Received: {argument}={value!r}")


def per_stage(argument, value, stages):
    """``value`` once for every stage: an int is repeated, a sequence must have one entry a stage."""
    require_positive(argument, value)
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * stages
    if len(values) != stages:
        raise ValueError(
            f"`{argument}` must be one number or one for each of the {stages} stages. Received: {argument}={value!r}"
        )
    return values


def pair(value):
    """``value`` for height and width: an int twice, a pair as it is."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)
