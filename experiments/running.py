"""An experiment from its name to a folder with its rows, its plot and its paragraph."""

import contextlib
import dataclasses
import json

from ..common.environment import command, environment
from ..common.files import csv_text, output_folder, replacing
from ..common.progress import note
from ..common.registry import Registry, from_modules
from .lab import Lab

#: Name → ``Experiment``, in the order in which they are shown. A new one is a module of this folder and a name here.
EXPERIMENTS = Registry(
    "experiment",
    "edgezoo.experiments",
    from_modules(
        __package__,
        (
            "permuted_pixels",
            "parameters",
            "downsampling",
            "input_size",
            "shift",
            "depth",
        ),
        "EXPERIMENT",
    ),
    remedy="known are {names}",
)


def experiments():
    """The experiments that there are: a list of JSON-able dicts with ``name`` and ``question``. No TensorFlow."""
    return [{"name": each.name, "question": each.question} for each in EXPERIMENTS.values()]


def run_experiment(name, dataset, out_dir, *, quick=False, seed=0):
    """Trains and measures, and writes ``plot.png``, ``results.csv``, ``results.json`` and ``summary.md``.

    A second call on the same folder goes on where the first was stopped: trainings that are finished are not done
    again, measurements are. The four files are moved to their names when all are written.

    Args:
        name: of ``experiments()``.
        dataset: ``edgezoo.datasets.Dataset``.
        out_dir: folder of the four files, with the run folders of the trainings in ``runs/`` and the models in
            ``models/`` and ``exported/``; one for each experiment and form.
        quick: tiny networks on a sample of the images, to see that it runs.
        seed: of weights, training, calibration and permutation.

    Returns:
        The document of ``results.json``: ``experiment``, ``question``, ``quick``, ``seed``, ``dataset``, ``recipe``
        (what an experiment changes of it for one network stands in that network's ``run.json``), ``rows``, ``summary``
        (the paragraph), ``environment``, ``command``.

    Raises:
        UnknownName: there is no such experiment.
        EdgezooError: the folder is none or holds other trainings, or the data do not fit.
        Interrupted: a training was stopped.
    """
    experiment, folder = EXPERIMENTS[name], output_folder(out_dir, "the experiment")
    lab = Lab.for_dataset(dataset, folder, quick=quick, seed=seed)
    note(f"{name}: {experiment.question}")
    rows = experiment.run(lab)
    document = {
        "experiment": name,
        "question": experiment.question,
        "quick": quick,
        "seed": seed,
        "dataset": {
            "name": dataset.name,
            "input_shape": list(dataset.input_shape),
            "class_names": list(dataset.class_names),
            "images": {part: len(split) for part, split in lab.dataset.splits.items()},
            "source": dataset.source,
        },
        "recipe": dataclasses.asdict(lab.recipe),
        "rows": rows,
        "summary": _summary(experiment.paragraph(rows), lab),
        "environment": environment(),
        "command": command(),
    }
    _write(document, experiment.plot(rows), folder)
    return document


def _summary(paragraph, lab):
    """The paragraph, with what holds for every experiment: what the intervals cover, and what a quick form is worth."""
    caveat = "Quick form, tiny networks and few images: it shows that the experiment runs, not what it finds. "
    return (
        f"{caveat if lab.quick else ''}{paragraph} Every network was trained once, with seed {lab.recipe.seed}; in "
        f"brackets are 95 % intervals for the {len(lab.dataset.test):,} test images of {lab.dataset.name}, which know "
        "nothing of other seeds."
    )


def _write(document, figure, folder):
    names = ("plot.png", "results.csv", "results.json", "summary.md")
    with contextlib.ExitStack() as stack:
        plot, table, results, summary = (stack.enter_context(replacing(folder / name)) for name in names)
        figure.savefig(plot)
        table.write_text(csv_text(document["rows"]), encoding="utf-8")
        results.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        summary.write_text(document["summary"] + "\n", encoding="utf-8")
