"""``edgezoo describe``."""

import click

from . import options
from .output import json_or_table, line, plain, table


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
@options.targets(help="Where each layer runs on these devices, beside it; repeatable.")
@click.option("--kernels", is_flag=True, help="Also what is zero in each kernel, and how many values it has.")
@options.custom
@json_or_table
def command(models, input_shape, draw, layer, window, targets, kernels):
    """Layer table of named models, .keras or .tflite files.

    Output size, kernel, stride, padding, receptive field, parameters, MACs and activation bytes of every layer, and the
    peak of activation RAM in execution order. With --json several MODELs come as a list under "models". --draw makes a
    picture of a convolution's arithmetic instead, moving in a .gif.

    --target says of each layer whether it runs on the device's accelerator, its CPU or nowhere, by the check of the
    file, or of the file that `edgezoo check` converts a model to: a layer may be fused into one before it, or folded
    away.

    --kernels shows what pruning and clustering left in a file, and its size as gzip makes it.

    \b
    edgezoo describe strided_s --input-shape 96,96,3
    edgezoo describe model_int8.tflite
    edgezoo describe strided_s --target coral,ethos-u55-128
    edgezoo describe run/model_int8.tflite --kernels
    edgezoo describe strided_s --draw conv.svg --layer "stage2*"
    edgezoo describe --draw conv.gif --window n=7,f=3,p=1,s=2
    """
    if bool(models) == bool(window) or (draw and len(models) > 1) or ((layer or window) and not draw):
        raise click.UsageError("give MODELs; or --draw OUT with one MODEL and its --layer, or with --window n=7,f=3.")
    if draw and targets:
        raise click.UsageError("--draw makes a picture of one layer's arithmetic, which is the same on all targets.")
    if draw and kernels:
        raise click.UsageError("--draw makes a picture; --kernels is for the table.")
    if draw:
        from ..explain import draw_window
        from ..inspection import describe

        summary = models and describe(_opened(models[0], input_shape), input_shape)
        document = draw_window(draw, summary, layer or "*", window)
        yield document
        for formula in dict.fromkeys(document["formula"].values()):
            plain(formula)
        plain(document["output"])
        return
    documents = {model: _document(model, input_shape, kernels) for model in models}
    failures = [failure for each in documents.items() for failure in _check(*each, targets, input_shape)]
    several = {"models": [{"model": model, **document} for model, document in documents.items()]}
    yield {
        **(documents[models[0]] if len(models) == 1 else several),
        "failure": "; ".join(each.rstrip(".") for each in failures),
    }
    for model, document in documents.items():
        _print_layers(model, document)
        for check in document.get("checks", ()):
            _print_check(check)
        if kernels:
            print_kernels(document["kernels"])
            if document["gzip_bytes"]:
                line(f"{document['gzip_bytes']:,} bytes as gzip makes it")


def _opened(model, input_shape):
    """The path of a ``.tflite`` file, or the network of another file or of a name, which is built for the catalog's
    image size unless asked otherwise."""
    from ..common.progress import note
    from ..inspection.catalog import usual_shape
    from ..inspection.sizes import choice_in_words
    from ..zoo import build, is_model_file
    from ..zoo.loading import load_model

    if not is_model_file(model):
        return build(model, input_shape=input_shape or usual_shape(model))
    if choice := choice_in_words(model, input_shape and input_shape[:2]):
        note(choice)
    return model if model.endswith(".tflite") else load_model(model)


def _document(model, input_shape, kernels):
    """What the command says of a model, but for the targets."""
    from ..common.files import gzip_bytes
    from ..inspection import describe
    from ..inspection.kernels import kernels_of
    from ..zoo import is_model_file

    opened = _opened(model, input_shape)
    document = describe(opened, input_shape).as_dict()
    if kernels:
        size = gzip_bytes(model) if is_model_file(model) else None
        document |= {"kernels": kernels_of(opened), "gzip_bytes": size}
    return document


def print_kernels(kernels):
    """A table of ``kernels_of``."""

    def told(value, form):
        return "" if value is None else form.format(value)

    rows = [
        (row["layer"], f"{row['weights']:,}", told(row["zeros"], "{:.1%}"), told(row["values"], "{:,}"))
        for row in kernels
    ]
    table("kernels", ["layer", ">weights", ">zero", ">values"], rows)


def _check(model, document, targets, input_shape):
    """Adds where layers run to a document, and returns sentences on targets that could not be asked."""
    if not targets:
        return []
    from ..export import check_files
    from ..export.placements import beside_layers
    from ..inspection.catalog import usual_shape
    from ..zoo import is_model_file

    own = None if is_model_file(model) else usual_shape(model)
    checks, failures = check_files([model], targets, input_shape=input_shape or own)
    for check in checks:
        for layer, placement in zip(document["layers"], beside_layers(document["layers"], check), strict=True):
            layer.setdefault("placement", {})[check["target"]] = placement
    document["checks"] = checks
    return failures


def _print_check(check):
    """How many operators run where, and why not on the accelerator."""
    from ..export.placements import in_words
    from .check import print_reasons

    unnamed = [each["op"] for each in check["operators"] if not each["layers"]] if check["converted"] else []
    line(
        f"{check['file']} on {check['target']}: {in_words(check)}"
        + (f", as {check['converted']}" if check["converted"] else "")
        + (f"; {', '.join(unnamed)} bear no layer's name" if unnamed else "")
    )
    print_reasons(check)


def _print_layers(model, document):
    from ..common.text import dimensions
    from ..export.placements import where_in_words

    def side(value):
        return dimensions(value) if isinstance(value, (list, tuple)) else value

    targets = [check["target"] for check in document.get("checks", ())]
    table(
        model,
        ["layer", "op", "output", "kernel", "stride", "padding", ">field", ">params", ">MACs", ">bytes", *targets],
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
                *(where_in_words(row["placement"][target]) for target in targets),
            )
            for row in document["layers"]
        ],
    )
    line(
        f"{document['params']:,} parameters, {document['macs']:,} MACs, "
        f"{document['peak_activation_bytes']:,} bytes of activations at the peak"
    )
