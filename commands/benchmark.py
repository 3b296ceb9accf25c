"""``edgezoo benchmark``."""

import click

from . import options
from .output import json_or_table, table


@click.command("benchmark")
@options.files
@options.threads
@click.option(
    "--input-size", type=click.IntRange(1), metavar="N", help="Side of the image for files that take any size."
)
@options.custom
@json_or_table
def command(files, threads, input_size):
    """Latency and memory of files on this machine.

    Batch 1, the files in turn in short rounds, a fresh process each.

    \b
    edgezoo benchmark out/*.tflite --threads 1,2
    """
    from ..evaluate import benchmark_files, tabulate

    size = input_size and (input_size, input_size)
    document = benchmark_files(files, threads=threads, image_size=size)
    yield document
    table(f"Latency on {document['environment']['cpu']}, one image, in ms", *tabulate(document, "latency"))
