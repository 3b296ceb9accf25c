"""``edgezoo targets``."""

import click

from .output import json_or_table, line, table


@click.command("targets")
@json_or_table
def command():
    """Devices: which files each takes, which tools were found.

    This version exports files for them, and compiles, checks and runs nothing there.
    """
    from ..export.targets import TARGETS, list_targets

    rows = list_targets()
    yield {"targets": rows}
    table(
        "Targets",
        ["target", "runtime there", "takes", "tool", "found here"],
        [(row["name"], row["runtime"], row["takes"], row["needs"], row["found"] or "no") for row in rows],
    )
    line("Export makes the files that a target takes. This version compiles, checks and runs nothing for a target.")
    roles = {}
    for target in TARGETS.values():
        roles.setdefault(target.tool.role, {})[target.tool.name] = None
    for role, tools in roles.items():
        line(f"{', '.join(tools)}: {role}.")
