"""``edgezoo check``."""

import click

from . import options
from .output import json_or_table, line, table


@click.command("check")
@click.argument("files", nargs=-1, required=True, metavar="FILE|MODEL...", type=options.MODEL)
@options.targets(required=True, help="Devices, or all; repeatable. `edgezoo targets` lists them.")
@click.option("--strict", is_flag=True, help="Exit with 1 where an operator falls back to the CPU or runs nowhere.")
@options.settings(help="Setting of a target, such as memory_mode=Sram_Only; repeatable. `edgezoo targets` lists them.")
@options.input_shape
@options.custom
@json_or_table
def command(files, targets, strict, settings, input_shape):
    """Where each operator of a file would run on a device, and why.

    Of .tflite files, anybody's. A .keras file or a MODEL of `edgezoo list` is converted first as the target takes it,
    calibrated with noise: where operators run does not depend on the ranges, so it can be known before any training.

    \b
    edgezoo check out/*.tflite --target coral,ethos-u55-128
    edgezoo check strided_s --target coral --strict
    """
    from ..export import check_files
    from ..export.checks import falls_back
    from ..export.placements import in_words

    checks, failures = check_files(files, targets, input_shape=input_shape, settings=settings)
    behind = [check for check in checks if falls_back(check)] if strict else []
    failures += [f"{check['file']} does not run on {check['target']} as a whole" for check in behind]
    alone = len(checks) == 1 and len(files) == 1 and len(targets) == 1
    yield {**(checks[0] if alone else {"checks": checks}), "failure": "; ".join(each.rstrip(".") for each in failures)}
    headings = ["file", *dict.fromkeys(check["target"] for check in checks)]
    rows = {}
    for check in checks:
        rows.setdefault(check["file"], {"file": check["file"]})[check["target"]] = in_words(check)
    if rows:
        table("Operators on the accelerator", headings, [[row.get(name) for name in headings] for row in rows.values()])
    for check in checks:
        print_reasons(check)


def print_reasons(check):
    """Prints what a document of ``check --json`` says besides how many operators run where."""
    from ..export.placements import memory_in_words, reasons, refusal_in_words

    where = f"{check['file']} on {check['target']} ({check['by']})"
    if refusal := refusal_in_words(check):
        line(f"{where} is refused: {refusal}")
    if rows := reasons(check):
        table(where, ["operator", "", "runs", "why", "what to do"], rows)
    for name, size in memory_in_words(check):
        line(f"{where}: {name} {size}")
    for note in check["notes"]:
        line(f"{where}: {note}")
