"""``edgezoo targets``."""

import click

from .output import json_or_table, line, table


@click.command("targets")
@json_or_table
def command():
    """Devices: which files each takes, which tools were found.

    `edgezoo check` says where each operator of a file would run; this version compiles and runs nothing there.
    """
    from ..export.targets import TARGETS, list_targets

    rows = list_targets()
    yield {"targets": rows}
    table(
        "Targets",
        ["target", "runtime there", "takes", "checked", "tool", "found here"],
        [
            (row["name"], row["runtime"], row["takes"], _yes(row["checked"]), row["needs"], row["found"] or "no")
            for row in rows
        ],
    )
    line("Export makes the files that a target takes, check says where their operators would run.")
    roles = {}
    for target in TARGETS.values():
        roles.setdefault(target.tool.role, {})[target.tool.name] = None
    for role, tools in roles.items():
        line(f"{', '.join(tools)}: {role}.")


def _yes(value):
    return "yes" if value else "no"
