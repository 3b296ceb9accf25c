"""``edgezoo quickstart``."""

import click

from . import options, sizing
from .compare import print_comparison
from .output import json_or_table


@click.command("quickstart")
@click.option("--data", default="fashion_mnist", show_default=True, metavar="D", type=options.DATASET)
@options.output
@click.option("--model", type=options.MODEL, help="A model's name (default: strided_s, for photographs global_s).")
@sizing.image_size
@sizing.fit
@options.skip_bad
@json_or_table
def command(data, output, model, image_size, fit, skip_bad):
    """The main job in one go, from build to report.

    Builds, trains, exports in four number formats, evaluates, times and reports. Run again with the same folder, it
    goes on where it was interrupted.

    \b
    edgezoo quickstart -o demo
    edgezoo quickstart --data ./flowers -o flowers-demo
    """
    from ..common.files import output_folder
    from ..common.progress import note
    from ..datasets import load_dataset
    from ..datasets.sizes import size_in_words
    from ..quickstart import quickstart
    from ..zoo.registry import entry

    if model:
        entry(model)  # what is wrong is said before the data are read
    output_folder(output, "the quickstart")
    dataset = load_dataset(data, image_size=image_size, fit=fit, skip_bad=skip_bad)
    if words := size_in_words(dataset, image_size is None):
        note(words)
    document = quickstart(dataset, output, model=model)
    yield document
    print_comparison(document, output)
