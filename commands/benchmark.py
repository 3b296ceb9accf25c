"""``edgezoo benchmark``."""

import click

from . import options
from .output import json_or_table, table


@click.command("benchmark")
@options.files
@options.threads
@click.option(
    "--input-size",
    type=click.IntRange(1),
    metavar="N",
    help="Side of the image for files that take any size, or several.",
)
@options.pixels
@options.runtimes
@options.custom
@json_or_table
def command(files, threads, input_size, pixels, runtimes):
    """Latency and memory of files on this machine.

    Batch 1, the files in turn in short rounds, a fresh process each.

    \b
    edgezoo benchmark out/*.tflite --threads 1,2
    """
    from ..common.progress import note
    from ..evaluate import benchmark_files, tabulate
    from ..evaluate.pixel_range import pixels_in_words
    from ..inspection.sizes import choice_in_words

    size = input_size and (input_size, input_size)
    document = benchmark_files(files, threads=threads, image_size=size, pixels=pixels, runtimes=runtimes)
    results = document["results"]
    choices = (choice_in_words(result["file"], result["input_shape"][:2]) for result in results)
    caveats = (f"{each['file']}: {each['timing_note']}." for each in results if each["timing_note"])
    for words in dict.fromkeys((*choices, *map(pixels_in_words, results), *caveats)):
        if words:
            note(words)
    yield document
    table(f"Latency on {document['environment']['cpu']}, one image, in ms", *tabulate(document, "latency"))
