"""``edgezoo export``."""

import os

import click

from . import options
from .output import json_or_table, table


def _schemes():
    from ..export.schemes import SCHEMES

    return SCHEMES


def _io_types():
    from ..export.schemes import IO_TYPES

    return IO_TYPES


@click.command("export")
@click.argument("files", nargs=-1, required=True, metavar="FILE.keras...", type=options.PATH)
@options.output
@click.option(
    "--quantize",
    "schemes",
    multiple=True,
    default=("int8",),
    show_default=True,
    type=options.Names(_schemes),
    help="Number format of the file; repeatable.",
)
@click.option(
    "--io",
    type=options.Names(_io_types),
    default="uint8",
    show_default=True,
    help="Type of an int8 file's input and output.",
)
@click.option("--data", metavar="D", type=options.DATASET, help="Training images for calibration.")
@click.option(
    "--input-size",
    "input_sizes",
    type=options.Numbers(),
    default=(),
    metavar="N[,N...]",
    help="Side of the images, for models of any size.",
)
@click.option("--one-file", is_flag=True, help="All sizes in one file per format: a signature each, weights once.")
@click.option(
    "--labels",
    metavar="FILE",
    type=options.PATH,
    help="Class names, one a line (default: those of training, else the data set's).",
)
@options.pixels
@options.skip_bad
@options.custom
@json_or_table
def command(files, output, schemes, **settings):
    """Convert FILE.keras to .tflite files and a bundle.

    A bundle is a folder with the files, manifest, labels and a runnable example. Built-in operators only, batch 1.
    int8 and int16x8 need --data: the ranges of activations are read off training images, whose indices and seed go into
    the manifest. Of several FILEs each gets a bundle of its own, DIR/MODEL.

    \b
    edgezoo export runs/strided_s/model.keras -o out --quantize float32 --quantize int8 --data fashion_mnist
    edgezoo export global.keras -o out --data fashion_mnist --input-size 28,40
    edgezoo export global.keras -o out --data fashion_mnist --input-size 28,40 --one-file
    """
    from ..export import export_models

    bundles = export_models(files, output, schemes, **settings)
    several = {"bundles": [{"folder": bundle.folder, **bundle.manifest} for bundle in bundles]}
    yield bundles[0].manifest if len(bundles) == 1 else several
    paths = [path for bundle in bundles for path in bundle.paths]
    table(None, ["file", ">bytes"], [(path, f"{os.path.getsize(path):,}") for path in paths])
