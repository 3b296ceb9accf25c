"""``edgezoo list``."""

import click

from . import options
from .output import json_or_table, table


@click.command("list")
@click.argument("pattern", default="*", type=options.MODEL)
@json_or_table
def command(pattern):
    """Named models: family, parameters, MACs, peak RAM, weights.

    \b
    edgezoo list
    edgezoo list "strided*"
    """
    from ..common.errors import UnknownName
    from ..common.text import dimensions
    from ..inspection.catalog import catalog
    from ..zoo import list_models

    models = catalog(pattern)
    if not models:
        raise UnknownName("model", pattern, list_models(), "`edgezoo list` shows them all")
    yield {"models": [{key: row[key] for key in row if key != "summary"} for row in models]}
    table(
        "Models for 10 classes (peak RAM: activations in int8)",
        ["name", "family", "image", ">params", ">MACs", ">peak RAM", "weights"],
        [
            (
                row["name"],
                row["family"],
                dimensions(row["input_shape"]),
                f"{row['params']:,}",
                f"{row['macs']:,}",
                f"{row['peak_activation_bytes'] / 1024:.1f} KiB",
                ", ".join(row["weights"]),
            )
            for row in models
        ],
    )
