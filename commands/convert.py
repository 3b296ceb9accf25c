"""``edgezoo convert``."""

import click

from . import options
from .output import json_or_table, line


@click.command("convert")
@click.argument("old", metavar="OLD", type=options.PATH)
@click.option("-o", "--output", required=True, metavar="NEW.keras", type=options.PATH, help="File to write.")
@options.custom
@json_or_table
def command(old, output):
    """Keep an .h5 file, a Keras 2 .keras file or a SavedModel as a .keras file.

    Layers keep their names and weights. Says how far the outputs of the old and the new file are apart on random
    images, where tf-keras is there to run the old one. Every command that takes a .keras file takes such files as they
    are; this saves the time of converting them each time.

    \b
    edgezoo convert old.h5 -o new.keras
    edgezoo convert saved_model/ -o new.keras --custom my_layers.py
    """
    from ..zoo import convert

    document = convert(old, output)
    yield document
    version = f" (Keras {document['keras_version']})" if document["keras_version"] else ""
    line(f"{output}: {document['layers']} layers, {document['params']:,} parameters, from {old}{version}")
    if document["largest_difference"] is None:
        line("Their outputs could not be compared here.")
    else:
        line(f"Largest difference of their outputs on random images: {document['largest_difference']:.2g}")
