"""``edgezoo quickstart``."""

import click

from . import options
from .compare import print_comparison
from .output import json_or_table


@click.command("quickstart")
@click.option("--data", default="fashion_mnist", show_default=True, metavar="D", type=options.DATASET)
@options.output
@click.option("--model", default="strided_s", show_default=True, type=options.MODEL, help="A model's name.")
@options.skip_bad
@json_or_table
def command(data, output, model, skip_bad):
    """The main job in one go, from build to report.

    Builds, trains, exports in four number formats, evaluates, times and reports. Run again with the same folder, it
    goes on where it was interrupted.

    \b
    edgezoo quickstart -o demo
    edgezoo quickstart --data ./flowers -o flowers-demo
    """
    from ..common.files import output_folder
    from ..datasets import load_dataset
    from ..quickstart import quickstart
    from ..zoo.registry import entry

    entry(model)  # what is wrong is said before the data are read
    output_folder(output, "the quickstart")
    document = quickstart(load_dataset(data, skip_bad=skip_bad), output, model=model)
    yield document
    print_comparison(document, output)
