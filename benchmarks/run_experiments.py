"""Runs `edgezoo experiment` for every experiment and keeps what came out for the docs.

    python benchmarks/run_experiments.py            # nothing else should run meanwhile
    python benchmarks/run_experiments.py depth shift

Trainings run side by side with one thread each. Experiments that measure latency are run once more when all trainings
are done, alone: finished trainings are not done again, measurements are. Interrupted, the same command goes on. Writes
``results/experiments/NAME.json``.
"""

import json
import sys
from pathlib import Path

import click
from script import run
from side_by_side import run_side_by_side

from edgezoo.common.environment import cores
from edgezoo.common.errors import UnknownName
from edgezoo.common.files import copy
from edgezoo.experiments import experiments

RESULTS = Path(__file__).resolve().parent / "results" / "experiments"
_TIMED = "p50_ms"


@click.command()
@click.argument("names", nargs=-1)
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--output", default="build/experiments", show_default=True, help="Folder of the trainings.")
@click.option("--quick", is_flag=True, help="Tiny networks, few images.")
@click.option("--jobs", type=click.IntRange(1), default=cores(), show_default=True, help="Experiments side by side.")
def main(names, data, output, quick, jobs):
    """Run the named experiments, or all."""
    known = [each["name"] for each in experiments()]
    for name in names:
        if name not in known:
            raise UnknownName("experiment", name, known)
    folders = {name: Path(output) / data / name for name in names or known}

    def run_all(names, jobs):
        edgezoo = Path(sys.executable).with_name("edgezoo")
        options = ["--data", data, *(["--quick"] if quick else [])]
        commands = [
            (
                name,
                [edgezoo, "experiment", name, *options, "--output", str(folders[name])],
                folders[name].parent / f"{name}.log",
            )
            for name in names
        ]
        run_side_by_side(commands, jobs)

    def document(name):
        return json.loads((folders[name] / "results.json").read_text(encoding="utf-8"))

    run_all(folders, jobs)
    run_all([name for name in folders if _TIMED in document(name)["rows"][0]], jobs=1)
    for name, folder in folders.items():
        copy(folder / "results.json", RESULTS / f"{name}.json")


if __name__ == "__main__":
    run(main)
