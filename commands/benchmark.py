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
@options.devices
@options.delegate
@options.custom
@json_or_table
def command(files, input_size, **how):
    """Latency and memory of files on this machine, or on devices.

    Batch 1, the files in turn in short rounds, a fresh process each.

    \b
    edgezoo benchmark out/*.tflite --threads 1,2
    edgezoo benchmark out/*.tflite --device ssh://pi@raspberrypi
    """
    from ..common.progress import note
    from ..evaluate import benchmark_files, tabulate
    from ..evaluate.pixel_range import pixels_in_words
    from ..inspection.sizes import choice_in_words

    size = input_size and (input_size, input_size)
    document = benchmark_files(files, image_size=size, **how)
    results = document["results"]
    choices = (choice_in_words(result["file"], result["input_shape"][:2]) for result in results)
    caveats = (f"{each['file']}: {each['timing_note']}." for each in results if each["timing_note"])
    for words in dict.fromkeys((*choices, *map(pixels_in_words, results), *caveats)):
        if words:
            note(words)
    yield document
    where = "" if "devices" in document else f" on {document['environment']['cpu']}"
    table(f"Latency{where}, one image, in ms", *tabulate(document, "latency"))
