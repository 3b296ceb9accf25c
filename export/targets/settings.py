"""What a user sets for the check and the compiler of targets."""

from ...common.errors import EdgezooError, UnknownName


def chosen_settings(targets, given):
    """The settings of each target, out of those that are given to all.

    Args:
        targets: ``Target``.
        given: pairs of a name and a value as YAML reads it.

    Returns:
        Target's name → its settings, as ``check`` and ``compile`` take them.

    Raises:
        UnknownName: no target has a setting of that name.
        EdgezooError: a value is none for it.
    """
    chosen = {target.name: {} for target in targets}
    known = {name for target in targets for name in target.settings}
    for name, value in given:
        if name not in known:
            has = f"there are {', '.join(sorted(known))}" if known else "these targets have none"
            raise UnknownName("setting", name, known, has)
        for target in targets:
            if name in target.settings:
                try:
                    chosen[target.name][name] = target.settings[name].read(value)
                except (TypeError, ValueError) as error:
                    raise EdgezooError(f"{name} of {target.name} must be {error}. Received: {value!r}") from error
    return chosen
