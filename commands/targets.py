"""``edgezoo targets``."""

import click

from .output import json_or_table, line, table


@click.command("targets")
@json_or_table
def command():
    """Devices: which files each takes, how they are checked here, which tools were found.

    `edgezoo check` says where each operator of a file would run, `edgezoo export --target` makes bundles.
    """
    from ..export.targets import TARGETS, list_targets

    rows = list_targets()
    yield {"targets": rows}
    headings = ["target", "runtime there", "takes", "checked here by", "makes", "tool", "found here"]
    table("Targets", headings, [_cells(row) for row in rows])
    tools = {}
    for row, target in zip(rows, TARGETS.values(), strict=True):
        tools[target.tool] = row
    for tool, row in tools.items():
        line(f"{tool.name} {'is here' if row['found'] else 'is not here'}: {row['how']}.")
    settings = {}
    for row in rows:
        for name, about in row["settings"].items():
            settings.setdefault((name, about), []).append(row["name"])
    for (name, about), names in settings.items():
        last = f" … {names[-1]}" if len(names) > 1 else ""
        line(f"--set {name}=… for {names[0]}{last}: {about}.")


def _cells(row):
    """The cells of a target."""
    by = row["checked_by"] and row["checked_by"] + (" (static)" if row["static"] else "")
    made = [word for word, does in (("compiled file", row["compiles"]), ("sources", row["packages"])) if does]
    return (row["name"], row["runtime"], row["takes"], by or "no", ", ".join(made), row["needs"], row["found"] or "no")
