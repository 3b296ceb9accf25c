"""``edgezoo pack``."""

import click

from . import options
from .output import json_or_table, line, table


@click.command("pack")
@click.argument("files", nargs=-1, required=True, metavar="FILE.tflite...", type=options.PATH)
@options.output
@json_or_table
def command(files, output):
    """Make .tflite files of any maker smaller, with the same answers.

    Each FILE is written anew, DIR/FILE: equal tables, vectors and constants once, inner tensors named by their layers
    alone, nothing that no runtime reads. Operators, values, inputs, outputs, signatures and metadata stay as they are.
    What `edgezoo export` writes is packed already.

    \b
    edgezoo pack model.tflite -o smaller
    edgezoo pack *.tflite -o smaller --json
    """
    from ..export import pack_files

    rows, failures = pack_files(files, output)
    yield {"files": rows, "failure": "; ".join(each.rstrip(".") for each in failures)}
    if rows:
        table(None, ["file", ">bytes", ">before", ">change"], [_cells(row) for row in rows])
    for row in rows:
        if row["unchanged"]:
            line(f"{row['file']} stays as it is: {row['unchanged']}.")


def _cells(row):
    before, after = row["bytes_before"], row["bytes_after"]
    return row["output"], f"{after:,}", f"{before:,}", f"{after / before - 1:+.1%}"
