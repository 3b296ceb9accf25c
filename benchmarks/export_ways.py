"""What ways to export an int8 file come to, on validation images.

    python benchmarks/export_ways.py --data build/cifar10.npz --results export_ways_cifar10

Of the networks that have weights for the data set, peers as well, each is exported in every way. Files that are there
are not made again, so that the script can be stopped at any time. Writes a row for each network and way.
"""

from pathlib import Path

import click
from contenders import published
from documents import write_results
from measure_zoo import MAKERS
from script import run

from edgezoo.common.files import copy
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.export import Calibration, export_model

#: What is written on the command line, and what ``export_model`` is called with.
WAYS = {
    "as it is": {},
    "`--estimator mse`": {"estimator": "mse"},
    "`--correct-bias`": {"correct_bias": True},
    "`--equalize`": {"equalize": True},
}


def exported(keras, folder, options, calibration):
    """The int8 file of one way, made if it is not there."""
    path = folder / f"{keras.stem}_int8.tflite"
    if not path.exists():
        export_model(keras, folder, calibration=calibration, **options)
    return path


@click.command()
@click.option("--data", default="build/cifar10.npz", show_default=True)
@click.option("--output", default="build/export_ways", show_default=True, help="Folder of the exported files.")
@click.option("--results", default="export_ways_cifar10", show_default=True, help="Name of the results file.")
def main(data, output, results):
    """Export the trained networks of a data set in every way."""
    dataset, output = load_dataset(data), Path(output)
    calibration = Calibration.draw(dataset)
    rows = []
    sources = [
        (name, trained / record["file"])
        for trained in MAKERS.values()
        for name, record in published(trained).get(dataset.name, {}).items()
    ]
    for name, source in sorted(sources, key=lambda pair: pair[1].stat().st_size):
        keras = output / f"{name}.keras"
        copy(source, keras)
        made = [
            exported(keras, output / f"{name}_{number}", options, calibration)
            for number, options in enumerate(WAYS.values())
        ]
        validated = evaluate_files(made, dataset, split="validation")["results"]
        rows += [
            {"name": name, "way": way, **{key: result[key] for key in ("sha256", "top1")}}
            for way, result in zip(WAYS, validated, strict=True)
        ]
        print(f"{name}: {', '.join(str(row['top1']) for row in rows[-len(WAYS) :])}", flush=True)
    facts = {"dataset": dataset.name, "split": "validation", "n": len(dataset.validation)}
    write_results(results, {**facts, "rows": rows})


if __name__ == "__main__":
    run(main)
