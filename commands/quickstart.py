"""``edgezoo quickstart``."""

import click

from . import options, sizing
from .compare import print_comparison
from .output import json_or_table


@click.command("quickstart")
@click.option("--data", default="fashion_mnist", show_default=True, metavar="D", type=options.DATASET)
@options.output
@click.option("--model", type=options.MODEL, help="A model's name (default: strided_s, for photographs global_l).")
@options.weights
@sizing.image_size
@sizing.fit
@options.skip_bad
@json_or_table
def command(data, output, model, weights, image_size, fit, skip_bad):
    """The main job in one go, from build to report.

    Builds, trains, exports in four number formats, evaluates, times and reports. Run again with the same folder, it
    goes on where it was interrupted.

    Photographs start from weights that ship, or with --weights imagenet, or a file of those, from ImageNet's in
    mobilenet_025.

    \b
    edgezoo quickstart -o demo
    edgezoo quickstart --data ./flowers -o flowers-demo
    edgezoo quickstart --data ./flowers --weights imagenet -o flowers-tuned
    """
    from ..common.files import output_folder
    from ..common.progress import note
    from ..datasets import load_dataset
    from ..datasets.sizes import size_in_words
    from ..quickstart import quickstart, start_for
    from ..zoo.registry import entry
    from ..zoo.weights import require_offered

    # What is wrong is said before the data are read.
    if model:
        entry(model)
    if weights:
        require_offered(model or start_for(None, weights=weights).model, weights)
    output_folder(output, "the quickstart")
    dataset = load_dataset(data, image_size=image_size, fit=fit, skip_bad=skip_bad)
    if words := size_in_words(dataset, image_size is None):
        note(words)
    document = quickstart(dataset, output, model=model, weights=weights)
    yield document
    print_comparison(document, output)
