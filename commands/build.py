"""``edgezoo build``."""

import click

from . import options
from .output import json_or_table, line


@click.command("build")
@click.argument("model", type=options.MODEL)
@click.option("-o", "--output", required=True, metavar="FILE.keras", type=options.PATH, help="File to write.")
@options.input_shape
@click.option("--classes", type=click.IntRange(1), help="Number of classes.")
@options.weights
@options.settings(help="Any argument of the family; repeatable.")
@json_or_table
def command(model, output, settings, **named):
    """Build a named MODEL and save it, untrained unless --weights.

    \b
    edgezoo build pooled_s -o my.keras --input-shape 32,32,3 --classes 5
    edgezoo build strided_s -o trained.keras --weights fashion_mnist
    edgezoo build global_m -o my.keras --set downsampling=max --set filters=[8,16,32]
    """
    from ..zoo import build, save_model
    from ..zoo.loading import checked_output

    checked_output(output)  # a wrong name is said before the network is built
    given = {key: value for key, value in named.items() if value is not None}
    network = build(model, **(dict(settings) | given))
    save_model(network, output)
    document = {
        "file": output,
        "model": model,
        "input_shape": list(network.input_shape[1:]),
        "params": network.count_params(),
    }
    yield document
    line(f"{output}: {model}, {document['params']:,} parameters, input {document['input_shape']}")
