"""The int8 files of all makers through the same harness in one run.

    python benchmarks/measure_zoo.py        # nothing else should run meanwhile
    python benchmarks/measure_zoo.py --data build/cifar10.npz --results zoo_cifar10  # see hold_out.py

Exports the weights that ship and those of the peers, and writes ``results/zoo.json`` (everything that was measured) and
``results/zoo.csv`` (a row for each network). With ``--no-latency`` the machine may be busy, and latencies stay blank.
"""

import dataclasses
import statistics
from pathlib import Path

import click
from contenders import PEERS_TRAINED, ZOO_TRAINED, published
from devices import ethos_u_cycles, tflm_arena_bytes
from scipy import stats
from script import run

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import copy, csv_text, sha256, write_json, write_text
from edgezoo.common.progress import note, track
from edgezoo.datasets import load_dataset
from edgezoo.evaluate import benchmark_files, evaluate_files
from edgezoo.export import Calibration, export_model
from edgezoo.inspection import describe

RESULTS = Path(__file__).resolve().parent / "results"
MAKERS = {"edgezoo": ZOO_TRAINED, "peer": PEERS_TRAINED}


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A trained network, with what is known of it before it is measured.

    Attributes:
        maker: a key of ``MAKERS``.
        name: of the network.
        keras, int8: its files.
        epochs, training_seconds, val_accuracy: of its training, ``None`` where that is not known; an ensemble's
            members' epochs and seconds add up.
        other_seeds: ``{"float": [top1, …], "int8": [top1, …]}`` of the same network trained with other seeds.
        official: what its int8 file answers of a data set's official test images where other ones are tested on:
            ``{"n", "top1", "top1_ci95"}``; empty where that is not known.
    """

    maker: str
    name: str
    keras: Path
    int8: Path
    epochs: int
    training_seconds: int | None
    val_accuracy: float | None
    other_seeds: dict
    official: dict


def entrants_of(maker, trained, dataset, output):
    """What a folder of published models has for a data set, exported to ``output``."""
    entrants = []
    for name, record in published(trained).get(dataset.name, {}).items():
        keras = output / f"{name}.keras"
        copy(trained / record["file"], keras)
        (int8,) = export_model(
            keras,
            output / "bundle",
            calibration=Calibration.draw(dataset, seed=record["seed"]),
            input_sizes=dataset.input_shape[:1] if record["recipe"] and record["recipe"]["resize"] else (),
        )
        official = record.get("official_test", {}).get("int8", {})
        if sha256(int8) != record["int8"]["sha256"]:
            official = {}
            note(f"{name}: the int8 file differs from the one that was made after training; this one is measured.")
        others = {
            kind: [top1 for seed, top1 in record[kind]["top1_by_seed"].items() if int(seed) != record["seed"]]
            for kind in ("float", "int8")
        }
        parts = (record, *(record["members"] or ()))
        planned = sum(part[key]["epochs"] for part in parts for key in ("recipe", "tuning") if part[key])
        epochs = record.get("trained", {}).get("epochs", planned)
        figures = (record["training_seconds"], record["validation_top1"], others, official)
        entrants.append(Entrant(maker, name, keras, int8, epochs, *figures))
    return entrants


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


def measure(entrants, dataset, latency=True):
    """The document of ``results/zoo.json``.

    Args:
        entrants: list of ``Entrant``.
        dataset: ``Dataset``; its test images are evaluated.
        latency: whether the int8 files are timed.
    """
    evaluated = evaluate_files([path for each in entrants for path in (each.keras, each.int8)], dataset)
    results = {result["file"]: result for result in evaluated["results"]}
    timed = {"results": [], "protocol": None, "environment": evaluated["environment"], "command": evaluated["command"]}
    if latency:
        timed = benchmark_files([each.int8 for each in entrants], threads=(1, 2))
    p50 = {(result["file"], result["threads"]): result["latency_ms"]["p50"] for result in timed["results"]}

    rows = []
    for each in track(entrants, "devices"):
        summary = describe(each.int8)
        row = {
            "maker": each.maker,
            "name": each.name,
            "params": summary.params,
            "macs": summary.macs,
            "flash_bytes": each.int8.stat().st_size,
            "gzip_bytes": results[str(each.int8)]["gzip_bytes"],
            "peak_activation_bytes": summary.peak_activation_bytes,
            "tflm_arena_bytes": or_blank(tflm_arena_bytes, each.int8),
            "ethos_u55_128_cycles": or_blank(ethos_u_cycles, each.int8),
            "seeds": 1 + len(each.other_seeds["int8"]),
        }
        for kind, path in (("float", each.keras), ("int8", each.int8)):
            own = results[str(path)]
            top1 = [own["top1"], *each.other_seeds[kind]]
            low, high = interval(top1, own["top1_ci95"])
            row |= {f"{kind}_top1": statistics.mean(top1), f"{kind}_low": low, f"{kind}_high": high}
        rows.append(
            {
                **row,
                "p50_ms_1_thread": p50.get((str(each.int8), 1)),
                "p50_ms_2_threads": p50.get((str(each.int8), 2)),
                "epochs": each.epochs,
                "training_seconds": each.training_seconds,
                "val_accuracy": each.val_accuracy,
                "official_n": each.official.get("n"),
                "official_int8_top1": each.official.get("top1"),
                "sha256": results[str(each.int8)]["sha256"],
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
@click.option("--output", default="build/measured", show_default=True, help="Folder of the exported files.")
@click.option("--results", default="zoo", show_default=True, help="Name of the files in benchmarks/results.")
@click.option("--latency/--no-latency", default=True, help="Time the int8 files.")
def main(data, output, results, latency):
    """Measure what ships, and the peers."""
    dataset = load_dataset(data)
    entrants = [
        each
        for maker, trained in MAKERS.items()
        for each in entrants_of(maker, trained, dataset, Path(output) / dataset.name / maker)
    ]
    if not entrants:
        raise EdgezooError(f"no trained models are published for {data}; run benchmarks/train_zoo.py first.")
    document = measure(entrants, dataset, latency)
    write_json(RESULTS / f"{results}.json", document)
    write_text(RESULTS / f"{results}.csv", csv_text(document["rows"]))


if __name__ == "__main__":
    run(main)
