"""``edgezoo doctor``."""

import click

from .output import json_or_table, table


@click.command("doctor")
@json_or_table
def command():
    """Versions, devices, runtimes, compilers, and what is missing."""
    from ..doctor import examine

    document = examine()
    yield document
    table(
        "edgezoo doctor",
        ["what", "state", "detail"],
        [(row["what"], row["state"], row["detail"]) for row in document["checks"]],
    )
