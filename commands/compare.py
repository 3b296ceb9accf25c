"""``edgezoo compare``."""

import os

import click

from . import options, sizing
from .output import json_or_table, line, table


@click.command("compare")
@options.files
@options.data
@click.option("-o", "--output", required=True, metavar="REPORT", type=options.PATH, help="Folder of the report.")
@options.split
@options.limit
@options.threads
@options.targets(help="Where the operators of .tflite files run on these devices, beside the rest; repeatable.")
@options.classes_by_position
@options.pixels
@sizing.image_size
@sizing.fit
@options.devices
@options.delegate
@options.skip_bad
@options.custom
@json_or_table
def command(files, data, output, image_size, fit, skip_bad, **how):
    """Accuracy, latency and size of FILEs side by side.

    Writes REPORT/results.json, results.csv and report.html. --target adds what `edgezoo check` says of .tflite files:
    operators on the accelerator, a compiler's estimate of cycles, memory, and in the report where each operator runs.
    With several --device each file has a row for each; what was measured before one of them fails is kept in
    REPORT/unfinished, and the same command goes on from there.

    \b
    edgezoo compare runs/strided_s/model.keras out/*.tflite --data fashion_mnist -o report
    edgezoo compare out/*.tflite --data fashion_mnist -o report --target coral,ethos-u55-128
    edgezoo compare out/*.tflite --data fashion_mnist -o report --device local --device ssh://pi@raspberrypi
    """
    from ..common.files import output_folder
    from ..datasets import load_dataset
    from ..evaluate import compare_files
    from ..inspection.files import kind_of

    output_folder(output, "the report")  # what is wrong is said before the data are read
    for file in files:
        kind_of(file)
    dataset = load_dataset(data, image_size=image_size, fit=fit, skip_bad=skip_bad)
    document = compare_files(files, dataset, output, fit=fit and dataset.fit, **how)
    yield document
    print_comparison(document, output)


def print_comparison(document, folder):
    """Prints the table and notes of a comparison, and where in ``folder`` its report is, if there is one."""
    from ..evaluate import tabulate

    table(document["title"], *tabulate(document, "comparison"))
    if document.get("targets"):
        table("On the targets", *tabulate(document, "targets"))
    for sentence in document["notes"]:
        line(f"Note: {sentence}")
    if folder is not None:
        line(f"report: {os.path.join(folder, 'report.html')}")
