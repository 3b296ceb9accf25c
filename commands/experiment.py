"""``edgezoo experiment``."""

import os

import click

from . import options
from .output import json_or_table, plain, table


def _experiments():
    from ..experiments import experiments

    return [row["name"] for row in experiments()]


@click.command("experiment")
@click.argument("name", required=False, type=options.NameOrFile(_experiments))
@click.option(
    "--data",
    default="fashion_mnist",
    show_default=True,
    metavar="D",
    type=options.DATASET,
    help="A data set's name, a folder of images, or an .npz file.",
)
@click.option(
    "-o", "--output", metavar="DIR", type=options.PATH, help="Folder to write to.  [default: experiment-NAME]"
)
@click.option("--quick", is_flag=True, help="Tiny networks, few images: shows that it runs, not what it finds.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of weights, training and permutation.")
@options.skip_bad
@json_or_table
def command(name, data, output, quick, seed, skip_bad):
    """What convolution is worth: questions that trainings answer.

    Without NAME: a list. Each writes plot.png, results.csv, results.json and summary.md; stopped, the same command goes
    on.

    \b
    edgezoo experiment
    edgezoo experiment permuted-pixels -o shuffled
    """
    from ..common.files import output_folder
    from ..datasets import load_dataset
    from ..experiments import experiments, run_experiment

    if name is None:
        rows = experiments()
        yield {"experiments": rows}
        table("Experiments", ["name", "question"], [(row["name"], row["question"]) for row in rows])
        return
    output = output or f"experiment-{name}"
    output_folder(output, "the experiment")  # known before the data are read
    document = run_experiment(name, load_dataset(data, skip_bad=skip_bad), output, quick=quick, seed=seed)
    yield document
    plain(document["summary"])
    plain(os.path.join(output, "plot.png"))
