"""MLPerf Tiny's own files for CIFAR-10 beside those of the zoo: what they answer and cost.

    python benchmarks/mlperf_tiny.py OFFICIAL FILE.tflite…      # nothing else should run meanwhile

``OFFICIAL`` is CIFAR-10 with its official test images, or as many of them as are at hand: the makers have trained on
all images that ``hold_out.py`` holds out. Files are ``pretrainedResnet_quant.tflite`` (2021) and
``pretrainedResnet_large_int8.tflite`` (2026), as they lie in ``benchmark/training/image_classification/trained_models``
of github.com/mlcommons/tiny, and int8 files of networks of the zoo, as ``measure_zoo.py`` exports them.
Writes ``results/mlperf_tiny.json``: a row for each file.
"""

from pathlib import Path

import click
from devices import ethos_u_cycles, median_latencies
from documents import write_results
from script import run

from edgezoo.datasets import load_dataset
from edgezoo.evaluate import evaluate_files
from edgezoo.inspection import describe


@click.command()
@click.argument("official")
@click.argument("files", metavar="FILE.tflite…", nargs=-1, required=True)
def main(official, files):
    """Measure files on the official test images."""
    evaluated = evaluate_files(files, load_dataset(official))["results"]
    timed = median_latencies(files)
    rows = []
    for result in evaluated:
        summary = describe(result["file"])
        rows.append({
            "name": Path(result["file"]).name,
            **{key: result[key] for key in ("sha256", "size_bytes", "n", "top1", "top1_ci95")},
            "params": summary.params,
            "macs": summary.macs,
            "cycles": ethos_u_cycles(result["file"]),
            "p50_ms": timed[result["file"]],
        })  # fmt: skip
    write_results("mlperf_tiny", {"rows": rows})


if __name__ == "__main__":
    run(main)
