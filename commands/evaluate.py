"""``edgezoo evaluate``."""

import click

from . import options
from .output import json_or_table, table


@click.command("evaluate")
@options.files
@options.data
@options.split
@options.limit
@options.classes_by_position
@options.pixels
@options.runtimes
@options.devices
@options.delegate
@options.skip_bad
@options.custom
@json_or_table
def command(files, data, skip_bad, runtimes, devices, **how):
    """Accuracy of .keras and .tflite files on the same images.

    With 95 % intervals, and McNemar's test for every two files.

    \b
    edgezoo evaluate runs/strided_s/model.keras out/*.tflite --data fashion_mnist
    edgezoo evaluate out/strided_s_int8.tflite --data fashion_mnist --runtime litert --runtime tflm
    edgezoo evaluate out/*.tflite --data fashion_mnist --device local --device ssh://pi@raspberrypi
    """
    from ..common.environment import cores
    from ..runtime import started_ahead

    # A wrong name is said here, before the data are read.
    with started_ahead(files, cores() if "local" in devices else 0, runtimes):
        from ..datasets import load_dataset
        from ..evaluate import evaluate_files, tabulate

        dataset = load_dataset(data, skip_bad=skip_bad)
        document = evaluate_files(files, dataset, runtimes=runtimes, devices=devices, **how)
    yield document
    dataset = document["dataset"]
    table(f"Accuracy on {dataset['name']} ({dataset['split']})", *tabulate(document, "accuracy"))
    if document["pairs"]:
        table("On the same images (McNemar's test)", *tabulate(document, "pairs"))
