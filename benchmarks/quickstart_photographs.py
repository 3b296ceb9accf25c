"""What ``edgezoo quickstart`` makes of a folder of photographs, from each start, and how long it takes.

    python benchmarks/quickstart_photographs.py FOLDER WEIGHTS.h5       # nothing else should run meanwhile

``FOLDER`` is as ``--data`` takes it, ``WEIGHTS.h5`` are ImageNet's of MobileNet 0.25 as Keras publishes them. Writes
``results/quickstart_photographs.json``.
"""

import subprocess
import sys
import time
from pathlib import Path

import click
from documents import write_results
from script import run

from edgezoo.common.progress import note
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import read_results


def row_of(start, options, folder, output):
    """The files of one quickstart, and the seconds of the whole command."""
    note(f"quickstart from {start}")
    begun = time.perf_counter()
    words = ("-m", "edgezoo", "quickstart", "--data", folder, "-o", output, *options)
    subprocess.run([sys.executable, *map(str, words)], check=True)
    seconds = round(time.perf_counter() - begun, 1)
    found = {result["scheme"]: result for result in read_results(output / "results.json")["results"]}
    trained, int8 = found["keras"], found["int8"]
    return {
        "start": start,
        "model": trained["model"],
        "seconds": seconds,
        **{key: int8[key] for key in ("n", "sha256", "size_bytes", "top1", "top1_ci95")},
        "float_top1": trained["top1"],
        "float_top1_ci95": trained["top1_ci95"],
    }


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("weights", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", default="build/quickstart_photographs", show_default=True, type=Path, help="A new folder.")
def main(folder, weights, output):
    """Run the quickstart from edgezoo's own weights and from ImageNet's."""
    output.mkdir(parents=True)
    starts = {"CIFAR-10, ships with edgezoo": (), "ImageNet": ("--weights", weights)}
    rows = [
        row_of(start, options, folder, output / str(number)) for number, (start, options) in enumerate(starts.items())
    ]
    dataset = load_dataset(folder)
    document = {
        "rows": rows,
        "data": folder.name,
        "photographs": sum(len(split) for split in dataset.splits.values()),
        "classes": len(dataset.class_names),
        "n": rows[0]["n"],
    }
    write_results("quickstart_photographs", document)


if __name__ == "__main__":
    run(main)
