"""The int8 files of all makers through the same harness in one run.

    python benchmarks/measure_zoo.py        # nothing else should run meanwhile

Takes what train_zoo.py and peers.py have left under ``build/``, and writes ``results/zoo.json`` (everything that was
measured) and ``results/zoo.csv`` (a row for each network).
"""

import csv
import io
import statistics
from pathlib import Path

import click
from contenders import Contender
from devices import ethos_u_cycles, tflm_arena_bytes
from scipy import stats
from script import run

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import write_json, write_text
from edgezoo.common.progress import note, track
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import benchmark_files, evaluate_files
from edgezoo.zoo import describe

RESULTS = Path(__file__).resolve().parent / "results"


def finished(folder):
    """``{name: {seed: Contender}}`` of the trainings under ``folder`` that are finished."""
    found = {}
    for path in sorted(Path(folder).glob("*/seed*/bundle/*_int8*.tflite")):
        name, seed = path.parts[-4], int(path.parts[-3].removeprefix("seed"))
        size = path.stem.removeprefix(f"{name}_int8").removeprefix("_")
        contender = Contender(path.parents[1], name, int(size) if size else None)
        if contender.finished:
            found.setdefault(name, {})[seed] = contender
    return found


def interval(values, of_one):
    """95 % interval of the mean: Student's t over three seeds or more, else the interval ``of_one`` file."""
    if len(values) < 3:
        return of_one
    mean, error = statistics.mean(values), stats.sem(values)
    return [float(bound) for bound in stats.t.interval(0.95, len(values) - 1, mean, error)] if error else [mean, mean]


def or_blank(measure, path):
    """What ``measure`` says of a file, or ``None`` if the device's tool refuses it."""
    try:
        return measure(path)
    except EdgezooError as error:
        note(f"left blank: {error}")
        return None


def measure(makers, dataset):
    """The document of ``results/zoo.json``.

    Args:
        makers: ``{maker: {name: {seed: Contender}}}``.
        dataset: ``Dataset``; its test images are evaluated.
    """
    networks = [(maker, name, seeds) for maker, names in makers.items() for name, seeds in names.items()]
    files = [each.exported("int8") for _, _, seeds in networks for each in seeds.values()]
    files += [each.keras for _, _, seeds in networks for each in seeds.values()]
    evaluated = evaluate_files(files, dataset)
    results = {result["file"]: result for result in evaluated["results"]}
    chosen = [max(seeds.values(), key=lambda each: each.run["results"]["val_accuracy"]) for _, _, seeds in networks]
    timed = benchmark_files([each.exported("int8") for each in chosen], threads=(1, 2))
    latency = {(result["file"], result["threads"]): result["latency_ms"]["p50"] for result in timed["results"]}

    rows = []
    for (maker, name, seeds), best in track(list(zip(networks, chosen, strict=True)), "devices"):
        int8 = best.exported("int8")
        summary = describe(int8)
        row = {
            "maker": maker,
            "name": name,
            "params": summary.params,
            "macs": summary.macs,
            "flash_bytes": int8.stat().st_size,
            "peak_activation_bytes": summary.peak_activation_bytes,
            "tflm_arena_bytes": or_blank(tflm_arena_bytes, int8),
            "ethos_u55_128_cycles": or_blank(ethos_u_cycles, int8),
            "seeds": len(seeds),
        }
        for kind, path_of in (("float", lambda each: each.keras), ("int8", lambda each: each.exported("int8"))):
            top1 = [results[str(path_of(each))]["top1"] for each in seeds.values()]
            low, high = interval(top1, results[str(path_of(best))]["top1_ci95"])
            row |= {f"{kind}_top1": statistics.mean(top1), f"{kind}_low": low, f"{kind}_high": high}
        rows.append(
            {
                **row,
                "p50_ms_1_thread": latency[str(int8), 1],
                "p50_ms_2_threads": latency[str(int8), 2],
                "epochs": best.run["results"]["epochs"],
                "training_seconds": round(best.training_seconds),
                "val_accuracy": best.run["results"]["val_accuracy"],
                "sha256": results[str(int8)]["sha256"],
            }
        )
    keys = ("file", "sha256", "top1", "top1_ci95", "n")
    return {
        "rows": rows,
        "evaluated": [{key: result[key] for key in keys} for result in evaluated["results"]],
        "timed": timed["results"],
        "protocol": timed["protocol"],
        "dataset": evaluated["dataset"],
        "environment": timed["environment"],
        "command": timed["command"],
    }


@click.command()
@click.option("--data", default="fashion_mnist", show_default=True)
@click.option("--zoo", default="build/zoo", show_default=True, help="Output of train_zoo.py.")
@click.option("--peers", default="build/peers", show_default=True, help="Output of peers.py.")
def main(data, zoo, peers):
    """Measure all finished trainings."""
    makers = {"edgezoo": finished(Path(zoo) / data), "peer": finished(Path(peers) / data)}
    if not makers["edgezoo"]:
        raise EdgezooError(f"there is nothing under {Path(zoo) / data}; run benchmarks/train_zoo.py first.")
    document = measure(makers, load_dataset(data))
    text = io.StringIO()
    table = csv.DictWriter(text, document["rows"][0], lineterminator="\n")
    table.writeheader()
    table.writerows(document["rows"])
    write_json(RESULTS / "zoo.json", document)
    write_text(RESULTS / "zoo.csv", text.getvalue())


if __name__ == "__main__":
    run(main)
