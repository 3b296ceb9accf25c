"""``edgezoo train``."""

import click

from . import options, sizing
from .output import json_or_table, line


@click.command("train")
@click.argument("model", type=options.MODEL)
@options.data
@options.run
@options.weights
@sizing.image_size
@sizing.fit
@options.recipe
@options.recipe_settings
@options.teaching
@click.option("--epochs", type=click.IntRange(1), help="Passes over the training images.")
@options.batch_size
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "mixed_bfloat16", "mixed_float16"]),
    help="Arithmetic of the forward and backward pass; auto measures what is faster here.",
)
@options.seed
@options.resume
@options.skip_bad
@options.custom
@json_or_table
def command(model, data, output, weights, image_size, fit, recipe, settings, teachers, resume, skip_bad, **named):
    """Train a named MODEL or a .keras file.

    Writes RUN/model.keras (the epoch of the best validation accuracy), history.csv, run.json, curves.png and logs/ for
    TensorBoard. Ctrl-C ends early with exit code 130 and keeps the best model; --resume goes on.

    How pictures get the network's size goes with the model from here on, into files, bundles and apps: they are
    squashed, the middle is cropped, or all is kept and padded with the mean colour of the training images.

    \b
    edgezoo train strided_s --data fashion_mnist -o runs/strided_s
    edgezoo train my.keras --data ./flowers -o runs/flowers --epochs 30
    edgezoo train global_m --data ./flowers -o runs/large --input-size 128 --fit crop
    edgezoo train strided_s --data ./flowers -o runs/even --set class_weights=auto
    edgezoo train strided_s --data ./flowers -o runs/taught --teacher large.keras
    edgezoo train mobilenet_025 --weights imagenet --data ./flowers -o runs/tuned --recipe finetune
    """
    from .. import train
    from ..common.files import output_folder

    output_folder(output, "the run")  # known before the data are read
    given = {key: value for key, value in named.items() if value is not None}
    chosen = train.Recipe.load(recipe, **(dict(settings) | given))
    teachers = [train.Teacher.load(path) for path in teachers]
    how = {"weights": weights, "image_size": image_size, "fit": fit, "skip_bad": skip_bad}
    network, dataset = train.prepare(model, data, seed=chosen.seed, **how)
    result = train.fit(network, dataset, output, chosen, resume=resume, teachers=teachers)
    yield result.as_dict()
    stopped = f"; stopped after epoch {result.epochs}, --resume goes on" if result.interrupted else ""
    early = "; stopped early" if result.stopped_early else ""
    balanced = result.history[result.best_epoch - 1].get("val_balanced_accuracy")
    mean = "" if balanced is None else f", {balanced:.4f} on the mean over the classes"
    line(
        f"{result.model_path}: best of {result.epochs} epochs is epoch {result.best_epoch}, "
        f"validation accuracy {result.val_accuracy:.4f}{mean}{stopped}{early}"
    )
