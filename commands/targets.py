"""``edgezoo targets``."""

import click

from .output import json_or_table, table


@click.command("targets")
@json_or_table
def command():
    """Devices: what each takes and needs, which tools were found."""
    from ..export.targets import list_targets

    rows = list_targets()
    yield {"targets": rows}
    table(
        "Targets",
        ["target", "runtime", "takes", "needs", "found"],
        [(row["name"], row["runtime"], row["takes"], row["needs"], row["found"] or "no") for row in rows],
    )
