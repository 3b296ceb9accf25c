"""``edgezoo describe``."""

import click

from . import options
from .output import json_or_table, line, table


@click.command("describe")
@click.argument("models", nargs=-1, metavar="[MODEL|FILE...]", type=options.MODEL)
@options.input_shape
@click.option(
    "--draw", metavar="OUT", type=options.PATH, help=".svg, .png or .gif file: a window's way over its input."
)
@click.option("--layer", metavar="PATTERN", help="With --draw: the first layer with this name; * and ? are wild.")
@click.option(
    "--window",
    type=options.WindowSettings(),
    metavar="n=N,f=F[,p=P][,s=S][,d=D]",
    help="With --draw, no MODEL: input, kernel, padding (pixels, same or valid), stride, dilation.",
)
@options.custom
@json_or_table
def command(models, input_shape, draw, layer, window):
    """Layer table of named models, .keras or .tflite files.

    Output size, kernel, stride, padding, receptive field, parameters, MACs and activation bytes of every layer, and the
    peak of activation RAM in execution order. With --json several MODELs come as a list under "models". --draw makes a
    picture of a convolution's arithmetic instead, moving in a .gif.

    \b
    edgezoo describe strided_s --input-shape 96,96,3
    edgezoo describe model_int8.tflite
    edgezoo describe strided_s --draw conv.svg --layer "stage2*"
    edgezoo describe --draw conv.gif --window n=7,f=3,p=1,s=2
    """
    if bool(models) == bool(window) or (draw and len(models) > 1) or ((layer or window) and not draw):
        raise click.UsageError("give MODELs; or --draw OUT with one MODEL and its --layer, or with --window n=7,f=3.")
    if draw:
        from ..explain import draw_window

        summary = models and _summary(models[0], input_shape)
        document = draw_window(draw, summary, layer or "*", window)
        yield document
        for formula in dict.fromkeys(document["formula"].values()):
            click.echo(formula)
        click.echo(document["output"])
        return
    documents = {model: _summary(model, input_shape).as_dict() for model in models}
    several = {"models": [{"model": model, **document} for model, document in documents.items()]}
    yield documents[models[0]] if len(models) == 1 else several
    for model, document in documents.items():
        _print_layers(model, document)


def _summary(model, input_shape):
    """The ``Summary`` of a file or of a named model, which has the catalog's image size unless asked otherwise."""
    from ..common.progress import note
    from ..inspection import describe
    from ..inspection.catalog import INPUT_SHAPE
    from ..inspection.sizes import choice_in_words
    from ..zoo import build, is_model_file

    if is_model_file(model):
        if choice := choice_in_words(model, input_shape and input_shape[:2]):
            note(choice)
        return describe(model, input_shape)
    return describe(build(model, input_shape=input_shape or INPUT_SHAPE))


def _print_layers(model, document):
    from ..common.text import dimensions

    def side(value):
        return dimensions(value) if isinstance(value, (list, tuple)) else value

    table(
        model,
        ["layer", "op", "output", "kernel", "stride", "padding", ">field", ">params", ">MACs", ">bytes"],
        [
            (
                row["name"],
                row["op"],
                side(row["output_shape"]),
                side(row["kernel"]),
                side(row["stride"]),
                row["padding"],
                side(row["receptive_field"]),
                f"{row['params']:,}",
                f"{row['macs']:,}",
                f"{row['activation_bytes']:,}",
            )
            for row in document["layers"]
        ],
    )
    line(
        f"{document['params']:,} parameters, {document['macs']:,} MACs, "
        f"{document['peak_activation_bytes']:,} bytes of activations at the peak"
    )
