"""``edgezoo compress``."""

import click

from . import options
from .describe import print_kernels
from .output import json_or_table, line


def _methods():
    from ..compress.stages import METHODS

    return METHODS


@click.command("compress")
@click.argument("file", metavar="FILE.keras", type=options.PATH)
@click.option("--method", required=True, type=options.Names(_methods), help="Stages, each of which keeps the last's.")
@options.data
@options.run
@click.option(
    "--sparsity", type=float, default=0.5, show_default=True, help="prune: share of weights that become zero."
)
@click.option("--structure", metavar="N:M|HxW", help="prune: 2:4, two of four are zero; 1x4, blocks of dense kernels.")
@click.option("--clusters", type=int, default=16, show_default=True, help="cluster: values that a kernel keeps.")
@click.option(
    "--skip", multiple=True, metavar="PATTERN", help="Layers that are left alone, such as 'stem*'; repeatable."
)
@options.recipe
@options.recipe_settings
@options.teaching
@click.option("--epochs", type=click.IntRange(1), help="Passes over the training images, in each stage.")
@options.batch_size
@options.seed
@options.resume
@options.skip_bad
@options.custom
@json_or_table
def command(
    file,
    method,
    data,
    output,
    sparsity,
    structure,
    clusters,
    skip,
    recipe,
    settings,
    teachers,
    resume,
    skip_bad,
    **named,
):
    """Train a trained FILE.keras on, so that it gets smaller or stays accurate in int8.

    qat trains with the rounding of int8, and export needs no calibration then. prune makes weights zero, cluster gives
    them few values: their files compress well. Several stages, as in prune+qat, train one behind the other, and each
    keeps what those before it made. RUN is as of `edgezoo train`; stages before the last are in RUN/1_prune and so on.

    \b
    edgezoo compress runs/strided_s/model.keras --method qat --data fashion_mnist -o runs/strided_s_qat
    edgezoo compress my.keras --method prune+qat --sparsity 0.75 --data ./flowers -o runs/flowers_small
    """
    from ..common.files import output_folder
    from ..compress import Settings, compress_model, recipe_for
    from ..inspection.kernels import kernels_of
    from ..train import Teacher
    from ..train.preparing import load_as_trained
    from ..zoo.loading import load_model

    output_folder(output, "the run")  # known before the data are read
    aims = Settings(sparsity=sparsity, structure=structure, clusters=clusters, skip=skip)
    given = {key: value for key, value in named.items() if value is not None}
    chosen = recipe_for(file, method, recipe, **(dict(settings) | given))
    teachers = [Teacher.load(path) for path in teachers]
    dataset = load_as_trained(load_model(file), file, data, skip_bad=skip_bad)
    result = compress_model(file, method, dataset, output, chosen, aims, resume=resume, teachers=teachers)
    kernels = kernels_of(load_model(result.model_path))
    yield {**result.as_dict(), "method": method, "kernels": kernels}
    if method != "qat":
        print_kernels(kernels)
    stopped = f"; stopped after epoch {result.epochs}, --resume goes on" if result.interrupted else ""
    line(
        f"{result.model_path}: best of {result.epochs} epochs is epoch {result.best_epoch}, "
        f"validation accuracy {result.val_accuracy:.4f}{stopped}"
    )
